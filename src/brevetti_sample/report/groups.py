"""The groups as a page shows them: the largest first, with figures as text and as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.groups.keys import label, value_text
from brevetti_sample.messages import printable
from brevetti_sample.tables.frequency import COLUMNS, Frequency, figure

MOST_GROUPS = 3000
"""So many groups have a row in the table and a bar in the charts; of more, the largest."""
_STYLES = {
    "rows": ",d",
    "row_share": ".2%",
    "weight": ",.2f",
    "share": ".2%",
    "expected": ",.1f",
    "drawn": ",d",
    "difference": "+z,.1f",
    "never_drawn": ",d",
}


@dataclass(frozen=True)
class Row:
    """A group in the table.

    Attributes:
        key: the texts of its values, one for each column of the groupby.
        figures: the texts of its figures, in the order of `frequency.COLUMNS`.
    """

    key: tuple[str, ...]
    figures: tuple[str, ...]


def largest(frequency: Frequency) -> Int64Array:
    """Find the groups to show: those with the most rows, in descending order.

    Returns:
        int64 [at most `MOST_GROUPS`]; groups of one size are in the order of the plan.

    Example:
        >>> from brevetti_sample import bundled_manifest, frequency_table, make_plan
        >>> largest(frequency_table(make_plan(bundled_manifest(), groupby="folder")))
        array([1, 0, 2])
    """
    return np.argsort(-frequency.rows, kind="stable")[:MOST_GROUPS]


def table_rows(frequency: Frequency, shown: Int64Array) -> list[Row]:
    """Write the figures of groups.

    Args:
        frequency: the frequency table.
        shown: int64, which groups.
    """
    columns = [
        [_text(name, value) for value in values] for name, values in _figures(frequency, shown)
    ]
    rows = []
    for group, figures in zip(shown.tolist(), zip(*columns, strict=True), strict=True):
        key = tuple(printable(value_text(value)) for value in frequency.plan.keys[group])
        rows.append(Row(key or (label(()),), figures))
    return rows


def chart_data(frequency: Frequency, shown: Int64Array) -> dict[str, Any]:
    """Give the numbers of groups, column by column, for charts and for sorting the table.

    Args:
        frequency: the frequency table.
        shown: int64, which groups.

    Returns:
        ``names``; a list of numbers by the name of each column of `frequency.COLUMNS`; and
        ``drawn_share``, the fraction of the draws that a group got.
    """
    keys = (frequency.plan.keys[group] for group in shown.tolist())
    total = frequency.stop - frequency.start
    return {
        "names": [printable(label(key)) for key in keys],
        **dict(_figures(frequency, shown)),
        "drawn_share": (frequency.drawn[shown] / total).tolist(),
    }


def _figures(frequency: Frequency, shown: Int64Array) -> list[tuple[str, list[float]]]:
    return [(name, getattr(frequency, name)[shown].tolist()) for name in COLUMNS]


def _text(name: str, value: float) -> str:
    style = _STYLES.get(name)
    return f"{value:{style}}" if style else figure(value)
