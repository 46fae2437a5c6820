"""Tables for a terminal."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import printable
from ..frequency import Frequency
from ..grouping import MISSING, value_text
from .rows import figure, rows, summary

if TYPE_CHECKING:
    from ..batches import Shard
    from ..grouping import Grouping
    from ..manifest import Manifest
    from ..plan import Plan

_BAR = 22
_SHOWN_BATCHES = 8
_SHOWN_SAMPLES = 3
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")


def frequencies(stream: BinaryIO, frequency: Frequency) -> None:
    """Print a frequency table with bars of the shares, and the summary below it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in frequency.plan.groupby or ("group",):
        table.add_column(_text(column), overflow="fold")
    for name in (
        "rows",
        "of rows",
        "weight",
        "of draws",
        "expected",
        "drawn",
        "difference",
        "draws/row",
        "never drawn",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("█ both ░ rows ▓ draws", no_wrap=True)
    largest = max(frequency.row_share.max(), frequency.share.max())
    for key, (count, row_share, weight, share, expected, drawn, difference, *rest) in rows(
        frequency
    ):
        names = [_value(value) for value in key] or [Text("(all)")]
        table.add_row(
            *names,
            figure(count),
            f"{row_share:.1%}",
            f"{weight:,.2f}",
            f"{share:.1%}",
            f"{expected:,.1f}",
            figure(drawn),
            f"{difference:+,.1f}",
            *map(figure, rest),
            _bars(row_share / largest, share / largest),
        )
    notes = Table(box=None, pad_edge=False, show_header=False)
    for name, text in summary(frequency):
        notes.add_row(name, text)
    _print(stream, [table, notes])


def first_batches(
    stream: BinaryIO,
    plan: Plan,
    manifest: Manifest,
    grouping: Grouping,
    columns: Sequence[str] | None,
    shard: Shard,
    start: int,
    stop: int,
) -> None:
    """Print the first batches, each with its composition and first samples; and how many follow."""
    from ..batches import Batches

    names = [name for name in columns or manifest.columns if name in ("path", "file", "filename")]
    shown = (names or list(columns or manifest.columns))[:1]
    batches = Batches(plan, manifest, grouping, shown, shard)
    size = plan.batch_size
    begin = start - start % size
    rounds = (begin // size + _SHOWN_BATCHES * shard.count) * size
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("batch", justify="right")
    table.add_column("draws", justify="right")
    table.add_column("groups")
    table.add_column(_text(f"first rows, {shown[0]}" if shown else "first rows"), overflow="fold")
    rows_by_batch: dict[int, list[tuple[int, str, str]]] = {}
    number = 0
    for drawn in batches.tables(start, min(stop, rounds)):
        groups = drawn.column("group").to_pylist()
        samples = [value_text(v) for v in drawn.columns[4].to_pylist()] if shown else groups
        for batch, row, group, sample in zip(
            drawn.column("batch").to_pylist(),
            drawn.column("row").to_pylist(),
            groups,
            samples,
            strict=True,
        ):
            rows_by_batch.setdefault(batch, []).append((row, group, sample if shown else ""))
    colour = {label: _COLOURS[i % len(_COLOURS)] for i, label in enumerate(plan.labels)}
    for batch, drawn_rows in list(rows_by_batch.items())[:_SHOWN_BATCHES]:
        number += len(drawn_rows)
        counts = Counter(group for _, group, _ in drawn_rows)
        groups = Text()
        for label in plan.labels:
            if counts[label]:
                groups.append(f"{printable(label)} {counts[label]}  ", style=colour[label])
        lines = Text()
        for row, group, sample in drawn_rows[:_SHOWN_SAMPLES]:
            lines.append(f"{row} ", style=colour[group])
            lines.append(f"{printable(sample)}\n")
        lines.rstrip()
        table.add_row(str(batch), str(len(drawn_rows)), groups, lines)
    total = stop - start
    more = f"{number:,} of {total:,} draws" if shard.count == 1 else f"the first {number:,} draws"
    _print(
        stream,
        [
            table,
            Text(
                f"{more}. All of them: the same command with -o draws.csv "
                "(or .jsonl, .parquet), or a pipe."
            ),
        ],
    )


def _bars(row_share: float, share: float) -> Text:
    """One bar over the other: what both have, and what only the larger has."""
    rows, draws = round(row_share * _BAR), round(share * _BAR)
    both = min(rows, draws)
    return Text.assemble(
        ("█" * both, "cyan"), ("░" * (rows - both), "dim"), ("▓" * (draws - both), "yellow")
    )


def _text(value: str) -> Text:
    return Text(printable(value))


def _value(value: object) -> Text:
    return Text(MISSING, style="dim italic") if value is None else _text(value_text(value))


def _print(stream: BinaryIO, parts: Sequence[Table | Text]) -> None:
    """Render to the stream: with colours and to the width of a terminal, if it is one."""
    terminal = stream is sys.stdout.buffer and sys.stdout.isatty()
    console = Console(
        file=sys.stdout if terminal else None,
        force_terminal=None if terminal else False,
        width=None if terminal else 160,
        markup=False,
        emoji=False,
        highlight=False,
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    lines = "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n")
    stream.write(f"{lines}\n".encode("utf-8", "replace"))
