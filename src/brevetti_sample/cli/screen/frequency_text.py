"""A frequency table as rows of text: CSV, JSON lines, Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from brevetti_sample.groups.keys import value_text
from brevetti_sample.messages import printable
from brevetti_sample.tables.frequency import COLUMNS, Frequency, figure
from brevetti_sample.tables.spreadsheet import safe_text
from brevetti_sample.tables.writers import csv_text, own_names

_DIGITS = 10


def headings(frequency: Frequency) -> list[str]:
    """The names of the columns: those of the groupby, then `COLUMNS`."""
    return [*own_names(frequency.plan.groupby, COLUMNS), *COLUMNS]


def rows(frequency: Frequency) -> Iterator[tuple[tuple[Any, ...], list[float]]]:
    """Yield each group's key and its figures, in the order of `COLUMNS`."""
    figures = (getattr(frequency, name).tolist() for name in COLUMNS)
    for key, *values in zip(frequency.plan.keys, *figures, strict=True):
        yield key, values


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


def as_csv(frequency: Frequency, *, spreadsheet_safe: bool = False) -> str:
    """Write CSV: shares and such with up to 10 significant digits, a missing value empty.

    Args:
        frequency: the table.
        spreadsheet_safe: whether no text may pass for a formula, as `spreadsheet` has it.
    """
    safe = safe_text if spreadsheet_safe else str
    lines = [[csv_text(safe(name)) for name in headings(frequency)]]
    for key, values in rows(frequency):
        names = [csv_text(None if value is None else safe(value_text(value))) for value in key]
        lines.append([*names, *map(_plain, values)])
    return "".join(",".join(line) + "\n" for line in lines)


def _plain(value: float) -> str:
    """Write a number with up to 10 significant digits, and large ones without an exponent."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{_DIGITS}g}"
    return f"{value:.3f}" if "e+" in text else text


def as_json_lines(frequency: Frequency) -> str:
    """Write an object a line."""
    names = headings(frequency)
    return "".join(
        json.dumps(dict(zip(names, (*map(_finite, key), *values), strict=True)), ensure_ascii=False)
        + "\n"
        for key, values in rows(frequency)
    )


def _finite(value: Any) -> Any:
    """An infinite key as text, which JSON has no number for."""
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def markdown(frequency: Frequency) -> str:
    """Write a Markdown table, and the summary as a list below it."""
    groupby = frequency.plan.groupby
    names = [_cell(name) for name in headings(frequency)]
    ruler = [":--"] * len(groupby) + ["--:"] * len(COLUMNS)
    lines = [names, ruler]
    for key, values in rows(frequency):
        lines.append([*(_cell(value_text(value)) for value in key), *map(figure, values)])
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    notes = "".join(f"- {name}: {text}\n" for name, text in summary(frequency))
    return f"{table}\n{notes}"


def _cell(text: str) -> str:
    """Escape what Markdown or HTML would take for markup."""
    escaped = "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+-.!|~$&" else char for char in text)
    return printable(escaped)
