"""Frequency tables: how often each group is, should be, and has been drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy, from_values
from brevetti_sample.arrays.types import BoolArray, Float64Array, Int64Array
from brevetti_sample.streams.draws import draw_range
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.plan import BoundPlan, Plan

from .writers import own_names

COLUMNS = (
    "rows",
    "row_share",
    "weight",
    "share",
    "expected",
    "drawn",
    "difference",
    "draws_per_row",
    "never_drawn",
)
"""The columns of a frequency table, after those of the groupby."""

_LEAST_EXPECTED = 5  # Cochran 1954: below it in over a fifth of the cells, chi-square does not hold


@dataclass(frozen=True)
class Frequency:
    """The frequency table of a range of a stream. Made by `frequency_table`.

    Attributes:
        plan: the plan.
        start: first draw number of the range.
        stop: draw number before which it ends.
        drawn: int64 [groups], draws of each group in the range.
        never_drawn: int64 [groups], rows of each group that the range does not draw.
    """

    plan: Plan
    start: int
    stop: int
    drawn: Int64Array
    never_drawn: Int64Array

    @property
    def rows(self) -> Int64Array:
        """Rows of each group: int64 [groups]."""
        return self.plan.sizes

    @cached_property
    def row_share(self) -> Float64Array:
        """Fraction of the rows, in (0, 1]: float64 [groups]."""
        return self.rows / self.plan.rows

    @cached_property
    def weight(self) -> Float64Array:
        """Weight relative to the smallest that is not zero: float64 [groups]."""
        weights = self.plan.weights
        return weights / int(weights[weights > 0].min())

    @cached_property
    def share(self) -> Float64Array:
        """Fraction of the draws that each group should get, in [0, 1]: float64 [groups]."""
        return self.plan.weights / self.plan.total

    @cached_property
    def expected(self) -> Float64Array:
        """The share times the number of draws in the range: float64 [groups]."""
        return self.share * (self.stop - self.start)

    @cached_property
    def difference(self) -> Float64Array:
        """Drawn less expected: float64 [groups]."""
        return self.drawn - self.expected

    @cached_property
    def draws_per_row(self) -> Float64Array:
        """How often a row of the group is drawn on average: float64 [groups]."""
        return self.drawn / self.rows

    def table(self) -> pa.Table:
        """Give the table as Arrow: a row for each group, in the order of the plan.

        Returns:
            The groupby columns (one that is called as a figure is named ``manifest.COLUMN``),
            then `COLUMNS`: ``rows``, ``drawn`` and ``never_drawn`` int64, the others double.

        Example:
            >>> from brevetti_sample import bundled_manifest, make_plan
            >>> plan = make_plan(bundled_manifest(), groupby="folder", weighting="count")
            >>> frequency_table(plan).table().select(["folder", "rows", "drawn"]).to_pylist()[0]
            {'folder': 'bad_cap', 'rows': 22, 'drawn': 22}
        """
        keys = list(zip(*self.plan.keys, strict=True)) if self.plan.groupby else []
        columns = [from_values(values) for values in keys]
        columns += [from_numpy(getattr(self, name)) for name in COLUMNS]
        names = [*own_names(self.plan.groupby, COLUMNS), *COLUMNS]
        return pa.Table.from_arrays(columns, names=names)

    @cached_property
    def _active(self) -> BoolArray:
        """The groups with a weight: what compares rows with draws is of these alone."""
        return self.plan.weights > 0

    @property
    def imbalance_before(self) -> float:
        """Rows of the largest group over those of the smallest; of groups with a weight."""
        rows = self.rows[self._active]
        return float(rows.max() / rows.min())

    @property
    def imbalance_after(self) -> float:
        """Draws of the most drawn group over those of the least drawn; of groups with a weight."""
        drawn = self.drawn[self._active]
        return float(drawn.max() / drawn.min()) if drawn.min() else math.inf

    @property
    def effective_groups_before(self) -> float:
        """The exponential of the entropy of the row shares: as many equal groups vary as much.

        Of groups with a weight, their shares of the rows that these have together.
        """
        rows = self.rows[self._active]
        return _effective(rows / rows.sum())

    @property
    def effective_groups_after(self) -> float:
        """The exponential of the entropy of the draws."""
        return _effective(self.drawn / max(int(self.drawn.sum()), 1))

    @property
    def total_variation(self) -> float:
        """Half the sum of the absolute differences of drawn shares and shares, in [0, 1]."""
        return float(np.abs(self.difference).sum() / 2 / max(self.stop - self.start, 1))

    @property
    def chi_square_p(self) -> float | None:
        """Probability that independent draws differ from the shares at least as much as these.

        Pearson's test. The stratified stream keeps so close to its shares that this is near 1.
        None where it does not hold: with fewer than 5 expected draws in more than a fifth of the
        groups that have a weight, or with fewer than two such groups.
        """
        active = self._active
        expected = self.expected[active]
        if len(expected) < 2 or 5 * np.count_nonzero(expected < _LEAST_EXPECTED) > len(expected):
            return None
        statistic = (self.difference[active] ** 2 / expected).sum()
        return chi_square_tail(float(statistic), len(expected) - 1)

    def chi_square_text(self) -> str:
        """Write `chi_square_p` for people, or why there is none."""
        p = self.chi_square_p
        if p is not None:
            return f"{p:.3g}"
        if np.count_nonzero(self._active) < 2:
            return "none: a single group"
        return f"none: fewer than {_LEAST_EXPECTED} draws expected in over a fifth of the groups"


def frequency_table(plan: Plan | BoundPlan, start: int = 0, stop: int | None = None) -> Frequency:
    """Count how often each group is drawn, in closed form: without drawing.

    Args:
        plan: the plan, bound to a manifest or not.
        start: first draw number.
        stop: draw number to stop before; by default the plan's ``draws``. A finite stream's end
            ends the range too.

    Raises:
        UsageError: a range that is empty, negative or beyond 2^60.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> plan = make_plan(bundled_manifest(), groupby="folder", weighting="count")
        >>> frequency_table(plan).drawn
        array([ 22, 146,  12])
    """
    plan = plan.plan if isinstance(plan, BoundPlan) else plan
    start, stop = draw_range(plan, start, stop)
    stream = open_stream(plan)
    drawn = stream.counts(stop) - stream.counts(start)
    return Frequency(plan, start, stop, drawn, stream.never_drawn(start, stop))


def figure(value: float) -> str:
    """Write a number for people: whole ones in groups of three digits, others in four digits.

    Example:
        >>> figure(12345), figure(0.12222222), figure(41.718), figure(107.47)
        ('12,345', '0.1222', '41.72', '107.5')
    """
    if isinstance(value, int):
        return f"{value:,}"
    decimals = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:,.{min(decimals, 4)}f}"


def _effective(shares: Float64Array) -> float:
    positive = shares[shares > 0]
    return float(np.exp(-(positive * np.log(positive)).sum()))


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance that a chi-square variable exceeds a value.

    The finite sums of Abramowitz and Stegun, 26.4.4 and 26.4.5.

    Args:
        statistic: the value, from 0 up.
        freedom: degrees of freedom; with none the chance is 1.

    Returns:
        In [0, 1].

    Example:
        >>> round(chi_square_tail(3.841, 1), 3), round(chi_square_tail(5.991, 2), 3)
        (0.05, 0.05)
    """
    if freedom < 1 or statistic <= 0:
        return 1.0
    half = statistic / 2
    # Term i is half^(i + odd/2) / gamma(i + odd/2 + 1), for i below freedom // 2, in logarithms.
    odd = freedom % 2
    steps = np.arange(1, freedom // 2, dtype=np.float64) + odd / 2
    logs = np.concatenate([[0.0], np.cumsum(math.log(half) - np.log(steps))])[: freedom // 2]
    logs += odd / 2 * math.log(half) - math.lgamma(1 + odd / 2) - half
    tail = math.erfc(math.sqrt(half)) if odd else 0.0
    return min(1.0, tail + float(np.exp(logs).sum()))
