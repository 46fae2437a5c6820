"""A frequency table as rows of text: CSV, JSON lines, Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from brevetti_sample.groups.keys import value_text
from brevetti_sample.messages import printable
from brevetti_sample.tables.frequency import COLUMNS, Frequency, figure
from brevetti_sample.tables.spreadsheet import safe_text
from brevetti_sample.tables.writers import csv_text, own_names

_DIGITS = 10
_TOGETHER = 1 << 12  # groups


def headings(frequency: Frequency) -> list[str]:
    """The names of the columns: those of the groupby, then `COLUMNS`."""
    return [*own_names(frequency.plan.groupby, COLUMNS), *COLUMNS]


def rows(
    frequency: Frequency, groups: Sequence[int] | None = None
) -> Iterator[tuple[tuple[Any, ...], list[float]]]:
    """Yield each group's key and its figures, in the order of `COLUMNS`.

    Args:
        frequency: the frequency table.
        groups: which groups; by default all.
    """
    keys = frequency.plan.keys
    columns = [getattr(frequency, name) for name in COLUMNS]
    chosen = range(len(keys)) if groups is None else groups
    for start in range(0, len(chosen), _TOGETHER):
        some = list(chosen[start : start + _TOGETHER])
        figures = (column[some].tolist() for column in columns)
        for group, *values in zip(some, *figures, strict=True):
            yield keys[group], values


def summary(frequency: Frequency) -> list[tuple[str, str]]:
    """The figures of the whole, as (name, text)."""
    before, after = frequency.imbalance_before, frequency.imbalance_after
    groups_before, groups_after = (
        frequency.effective_groups_before,
        frequency.effective_groups_after,
    )
    return [
        ("draws", f"{frequency.start:,} to {frequency.stop - 1:,} of seed {frequency.plan.seed}"),
        ("imbalance, largest over smallest", f"{before:.4g} rows, {_ratio(after)} draws"),
        ("effective groups, exp of entropy", f"{groups_before:.4g} rows, {groups_after:.4g} draws"),
        ("total variation from the shares", f"{frequency.total_variation:.3g}"),
        ("chi-square p", frequency.chi_square_text()),
    ]


def _ratio(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "not all groups in the"


def as_csv(frequency: Frequency, *, spreadsheet_safe: bool = False) -> Iterator[str]:
    """Write CSV: shares and such with up to 10 significant digits, a missing value empty.

    Args:
        frequency: the table.
        spreadsheet_safe: whether no text may pass for a formula, as `spreadsheet` has it.
    """
    safe = safe_text if spreadsheet_safe else str
    yield ",".join(csv_text(safe(name)) for name in headings(frequency)) + "\n"
    for key, values in rows(frequency):
        names = [csv_text(None if value is None else safe(value_text(value))) for value in key]
        yield ",".join([*names, *map(_plain, values)]) + "\n"


def _plain(value: float) -> str:
    """Write a number with up to 10 significant digits, and large ones without an exponent."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{_DIGITS}g}"
    return f"{value:.3f}" if "e+" in text else text


def as_json_lines(frequency: Frequency) -> Iterator[str]:
    """Write an object a line."""
    names = headings(frequency)
    for key, values in rows(frequency):
        line = dict(zip(names, (*map(_finite, key), *values), strict=True))
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _finite(value: Any) -> Any:
    """An infinite key as text, which JSON has no number for."""
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def markdown(frequency: Frequency) -> Iterator[str]:
    """Write a Markdown table, and the summary as a list below it."""
    groupby = frequency.plan.groupby
    yield _markdown_row(map(_cell, headings(frequency)))
    yield _markdown_row([":--"] * len(groupby) + ["--:"] * len(COLUMNS))
    for key, values in rows(frequency):
        yield _markdown_row([*(_cell(value_text(value)) for value in key), *map(figure, values)])
    yield "\n"
    for name, text in summary(frequency):
        yield f"- {name}: {text}\n"


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(text: str) -> str:
    """Escape what Markdown or HTML would take for markup."""
    escaped = "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+-.!|~$&" else char for char in text)
    return printable(escaped)
