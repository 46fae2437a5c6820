"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from rich import box
from rich.table import Table
from rich.text import Text

from brevetti_sample.arrays.arrow import to_values
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.groups.keys import MISSING, value_text
from brevetti_sample.messages import printable
from brevetti_sample.tables.frequency import Frequency, figure

from .frequency_text import rows, summary
from .terminal import console_of, print_parts

if TYPE_CHECKING:
    from brevetti_sample.splitting.split import Split
    from brevetti_sample.streams.plan import BoundPlan
    from brevetti_sample.streams.worker_share import Worker

_LONGEST_BAR, _SHORTEST_BAR = 24, 8
_SHOWN_BATCHES = 8
_SHOWN_SAMPLES = 3
_SHOWN_GROUPS = 12
_SHOWN_PURPOSES = 10
_MOST_ROWS = 100  # of a table; of a longer one its ends are shown
_MOST_STRATA = 20  # beside an output that has them all
_LONGEST_TEXT = 200
_LONGEST_SAMPLE = 26
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
_HEADINGS = {
    "rows": "rows",
    "row_share": "of\nrows",
    "weight": "weight",
    "share": "of\ndraws",
    "expected": "expected",
    "drawn": "drawn",
    "difference": "differ-\nence",
    "draws_per_row": "draws\na row",
    "never_drawn": "never\ndrawn",
}
_STYLES = {
    "row_share": ".1%",
    "weight": ",.2f",
    "share": ".1%",
    "expected": ",.1f",
    "difference": "+,.1f",
}
# What a narrow terminal does without, first to last.
_DISPENSABLE = ("difference", "weight", "expected", "draws_per_row", "row_share", "never_drawn")


def frequencies(stream: BinaryIO, frequency: Frequency) -> None:
    """Print a frequency table with bars, as wide as there is room, and the summary."""
    console = console_of(stream)
    for dropped in range(len(_DISPENSABLE) + 1):
        table = _frequency_table(frequency, set(_DISPENSABLE[:dropped]))
        room = console.width - console.measure(table).maximum - 3
        if room >= _SHORTEST_BAR:
            break
    bar = min(room, _LONGEST_BAR)
    if bar > 0:
        table = _frequency_table(frequency, set(_DISPENSABLE[:dropped]), bar)
    notes = Table(box=None, pad_edge=False, show_header=False)
    for name, text in summary(frequency):
        notes.add_row(name, text)
    print_parts(console, stream, [table, notes])


def _frequency_table(frequency: Frequency, without: set[str], bar: int = 0) -> Table:
    """The table without some columns, with bars of at most that many characters."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in frequency.plan.groupby or ("group",):
        table.add_column(_text(column), overflow="fold", min_width=8)
    for name, heading in _HEADINGS.items():
        if name not in without:
            table.add_column(heading, justify="right", no_wrap=True)
    if bar:
        table.add_column("█ both ░ rows\n▓ draws", no_wrap=True)
    scale = bar / max(frequency.row_share.max(), frequency.share.max())
    first, more, last = _ends(frequency.rows)
    for number, (key, values) in enumerate(rows(frequency, [*first, *last])):
        if more and number == len(first):
            table.add_row(f"… {more:,} more")
        cells = [_value(value) for value in key] or [Text("(all)")]
        figures = dict(zip(_HEADINGS, values, strict=True))
        cells += [Text(_figure(n, value)) for n, value in figures.items() if n not in without]
        if bar:
            cells.append(_bar(figures["row_share"] * scale, figures["share"] * scale))
        table.add_row(*cells)
    return table


def _ends(sizes: Int64Array, most: int = _MOST_ROWS) -> tuple[list[int], int, list[int]]:
    """What a table shows: all in order if they are few, else the largest and the smallest.

    Returns:
        What comes first, how many are left out after that, and what comes last.
    """
    if len(sizes) <= most:
        return list(range(len(sizes))), 0, []
    order = np.argsort(-sizes, kind="stable")
    half = most // 4
    return order[:half].tolist(), len(order) - 2 * half, order[-half:].tolist()


def _figure(name: str, value: float) -> str:
    style = _STYLES.get(name)
    return f"{value:{style}}" if style else figure(value)


def _bar(row_length: float, draw_length: float) -> Text:
    """One bar over the other: what both have, and what only the longer has."""
    rows, draws = round(row_length), round(draw_length)
    both = min(rows, draws)
    return Text.assemble(
        ("█" * both, "cyan"), ("░" * (rows - both), "dim"), ("▓" * (draws - both), "yellow")
    )


def first_batches(
    stream: BinaryIO,
    bound_plan: BoundPlan,
    columns: Sequence[str] | None,
    worker: Worker,
    start: int,
    stop: int,
) -> None:
    """Print the first batches, each with its composition and first samples; and how many follow."""
    from brevetti_sample.streams.open_stream import open_stream
    from brevetti_sample.tables.batches import Batches

    plan = bound_plan.plan
    chosen = bound_plan.manifest.columns if columns is None else columns
    shown = [*(name for name in chosen if name in ("path", "file", "filename")), *chosen][:1]
    batches = Batches(bound_plan, shown)
    counting = open_stream(plan)
    size = plan.batch_size
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("batch", justify="right")
    table.add_column("draws", justify="right")
    table.add_column("groups")
    table.add_column(_text(f"first rows, {shown[0]}" if shown else "first rows"), overflow="fold")
    numbers = [
        batch
        for batch in range(start // size, start // size + _SHOWN_BATCHES * worker.world_size)
        if batch % worker.world_size == worker.rank and batch * size < stop
    ]
    number = 0
    for batch in numbers:
        first, last = max(start, batch * size), min(stop, (batch + 1) * size)
        counts = counting.counts(last) - counting.counts(first)
        groups = Text()
        drawn_groups = np.flatnonzero(counts).tolist()
        for group in drawn_groups[:_SHOWN_GROUPS]:
            colour = _COLOURS[group % len(_COLOURS)]
            groups.append(f"{_text(plan.labels[group])} {counts[group]:,}  ", style=colour)
        if len(drawn_groups) > _SHOWN_GROUPS:
            groups.append(f"and {len(drawn_groups) - _SHOWN_GROUPS:,} more")
        lines = Text()
        for drawn in batches.tables(first, min(first + _SHOWN_SAMPLES, last)):
            for row, *sample in zip(
                *(to_values(column) for column in drawn.columns[2::2]), strict=True
            ):
                lines.append(f"{row} ", style="bold")
                lines.append(printable(_shortened(value_text(sample[0]))) if shown else "")
                lines.append("\n")
        lines.rstrip()
        table.add_row(str(batch), f"{last - first:,}", groups, lines)
        number += last - first
    total = stop - start
    if worker.world_size == 1 and number == total:
        rest = f"These are all {total:,} draws. As data"
    else:
        of = f" of {total:,}" if worker.world_size == 1 else ""
        rest = f"These are the first {number:,}{of} draws. All of them"
    hint = Text(f"{rest}: the same command with -o draws.csv (or .jsonl, .parquet), or a pipe.")
    print_parts(console_of(stream), stream, [table, hint])


def _shortened(text: str) -> str:
    """Cut a long text at its start: the ends of paths tell them apart."""
    return text if len(text) <= _LONGEST_SAMPLE else f"…{text[1 - _LONGEST_SAMPLE :]}"


def _text(value: str) -> Text:
    text = value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
    return Text(printable(text))


def _value(value: object) -> Text:
    return Text(MISSING, style="dim italic") if value is None else _text(value_text(value))


def folders(stream: BinaryIO, counts: Mapping[str | None, tuple[int, int]]) -> None:
    """Print the number and the bytes of the files of each folder, and those of all."""
    from .progress import size_text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("folder", overflow="fold")
    table.add_column("files", justify="right")
    table.add_column("size", justify="right")
    items = list(counts.items())
    first, more, last = _ends(np.array([files for files, _ in counts.values()], dtype=np.int64))
    for number, index in enumerate([*first, *last]):
        if more and number == len(first):
            table.add_row(f"… {more:,} more")
        folder, (files, size) = items[index]
        table.add_row(_value(folder), f"{files:,}", size_text(size))
    files, size = map(sum, zip(*counts.values(), strict=True))
    total = Text(f"{files:,} files, {size_text(size)}. As a manifest: the same command with ")
    print_parts(
        console_of(stream), stream, [table, total.append("-o manifest.parquet (or .csv, .jsonl).")]
    )


def purposes(stream: BinaryIO, split: Split, *, hint: bool = False) -> None:
    """Print for each stratum and for all the rows of each purpose, and the shares they make."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in split.strata.columns or ("group",):
        table.add_column(_text(column), overflow="fold", min_width=5)
    table.add_column("rows", justify="right", no_wrap=True)
    names = split.shares.names
    several = len(names) > _SHOWN_PURPOSES
    headings = (f"fewest in one\nof {len(names)}", "\nmost in one") if several else names
    for number, name in enumerate(headings):
        heading = Text(name) if several else _text(name).append(f"\n{split.shares.heading(number)}")
        table.add_column(heading, justify="right", overflow="fold")
    if split.strata.columns:
        most = _MOST_ROWS if hint else _MOST_STRATA
        first, more, last = _ends(split.counts.sum(axis=1), most)
        for number, stratum in enumerate([*first, *last]):
            if more and number == len(first):
                table.add_row(f"… {more:,} more")
            counts = split.counts[stratum].tolist()
            table.add_row(*map(_value, split.strata.keys[stratum]), *_parts(counts, several))
    table.add_section()
    label = [Text("(all)"), *(Text() for _ in split.strata.columns[1:])]
    table.add_row(*label, *_parts(split.counts.sum(axis=0).tolist(), several))
    parts: list[Table | Text] = [table]
    if hint:
        parts.append(
            Text("As a manifest: the same command with -o split.csv (or .jsonl, .parquet).")
        )
    print_parts(console_of(stream), stream, parts)


def _parts(counts: Sequence[int], only_extremes: bool) -> list[str]:
    total = sum(counts)
    counts = [min(counts), max(counts)] if only_extremes else counts
    return [f"{total:,}", *(f"{n:,} {n / total:6.1%}" if total else "0" for n in counts)]
