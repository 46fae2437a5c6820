"""The replay stream: draw for draw what brevettiai 0.x gave for the same seed.

brevettiai pushed every sample through TensorFlow: each group shuffled by NumPy's ``RandomState``,
repeated, shuffled again by ``tf.data`` with a buffer of 1,024, and then
``tf.data.Dataset.sample_from_datasets`` over the groups. Here the same choices are made on row
numbers, with the same random numbers, without TensorFlow. There is no closed form: a position is
reached by replaying all draws before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np

from brevetti_sample.arrays.types import BoolArray, Float64Array, Int32Array, Int64Array
from brevetti_sample.errors import PlanError
from brevetti_sample.groups.row_index import RowIndex

from .draws import Draws
from .philox import DEFAULT_SEED, numbers, operation_seeds, stateless_uniform
from .plan import Plan

BUFFER = 1024
"""Rows of a group that the second shuffle chooses from."""
_SMALLEST_CHUNK = 1 << 12
_LARGEST_CHUNK = 1 << 16

_RULES: dict[str, Callable[[Int64Array], Float64Array | Int64Array]] = {
    "uniform": np.ones_like,
    "count": np.asarray,
    "square root": np.sqrt,
    "log": np.log,
    "logx+1": lambda sizes: np.log(sizes) + 1,
}


def float_shares(plan: Plan, weights: Float64Array | None = None) -> Float64Array:
    """Compute the groups' shares as brevettiai did, in floating point.

    The plan's weights are integers; of roots and logarithms they are the nearest, which would
    give another group about once in 10^9 draws.

    Args:
        plan: the plan.
        weights: float64 [groups], what a weighting function gave, if the plan was made with one:
            its own weights are rounded. Of groups without a value they are not looked at.

    Returns:
        float64 [groups].

    Raises:
        PlanError: no group has a share.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> plan = make_plan(bundled_manifest(), "folder", "square root", stream="brevettiai")
        >>> float_shares(plan).round(3)
        array([0.232, 0.597, 0.171])
    """
    drawn = ~unlabelled(plan)
    if weights is not None:
        weights = np.where(drawn, weights, 0.0)
    else:
        weights = plan.weights.astype(np.float64)
    if plan.weighting in _RULES:
        weights[drawn] = _RULES[plan.weighting](plan.sizes[drawn])
    total = weights[drawn].sum()
    if not total > 0:
        raise PlanError(
            "gives no group a share of the draws", source="the plan", advice="save the plan again"
        )
    weights[drawn] /= total
    return weights


def unlabelled(plan: Plan) -> BoolArray:
    """Tell which groups have a missing value in their key, which brevettiai left out: [groups]."""
    return np.array([None in key for key in plan.keys], dtype=np.bool_)


class ReplayStream:
    """The draws of a plan whose ``stream`` is ``"brevettiai"``.

    Args:
        plan: the plan.
        index: the manifest's rows by group; without it the draws give positions within the groups.
        random: the generator to take everything from; by default a new one of the plan's seed.
        share: float64 [groups], by default those of `float_shares`.
        graph_seed: what the program had passed to ``tf.random.set_seed``, if anything.

    Attributes:
        plan: the plan.
        random: the generator, as it is after the shuffles: maps take their seeds from it.

    Example:
        >>> from brevetti_sample import bundled_manifest, group_rows, make_plan
        >>> grouping = group_rows(bundled_manifest(), "folder")
        >>> plan = make_plan(grouping, weighting="square root", seed=1, stream="brevettiai")
        >>> ReplayStream(plan).counts(180)
        array([ 39, 112,  29])
    """

    def __init__(
        self,
        plan: Plan,
        index: RowIndex | None = None,
        *,
        random: np.random.RandomState | None = None,
        share: Float64Array | None = None,
        graph_seed: int = DEFAULT_SEED,
    ) -> None:
        self.plan = plan
        self.random = np.random.RandomState(plan.seed) if random is None else random
        self._sizes = plan.sizes
        share = float_shares(plan) if share is None else share
        self._active = np.flatnonzero(share > 0)
        self._share = share[self._active]
        self._index = index
        # Until rows are handed out, they are indices into all rows sorted by group.
        self._first = np.cumsum(plan.sizes) - plan.sizes
        self._order = np.arange(plan.rows, dtype=np.int32)
        self._width = np.minimum(plan.sizes, BUFFER)
        self._base = np.cumsum(self._width) - self._width
        if plan.shuffle:
            self._shuffle(graph_seed, ~unlabelled(plan))

    def _shuffle(self, graph_seed: int, used: BoolArray) -> None:
        """Take from the generator what brevettiai took, in its order."""
        seeds = np.zeros(len(self._sizes) + 1, dtype=np.int64)
        for group in np.flatnonzero(used).tolist():
            low, size = int(self._first[group]), int(self._sizes[group])
            self._order[low : low + size] = low + self.random.permutation(np.arange(size))
            seeds[group] = np.frombuffer(self.random.bytes(8), dtype="<i8")[0]
        if self.plan.groupby:
            seeds[-1] = np.frombuffer(self.random.bytes(8), dtype="<i8")[0]
        self._seed, second = operation_seeds(graph_seed, seeds)
        self._shuffle_seeds, self._choice_seed = second[:-1], second[-1:]
        # TensorFlow chooses by logarithms of the shares, relative to the largest.
        logits = np.log(self._share)
        self._cumulative = np.cumsum(np.exp(logits - logits.max()))

    def draws(self, start: int, stop: int) -> Iterator[Draws]:
        """Yield the draws from number ``start`` to before ``stop``, in chunks of any size.

        A finite stream ends where it ends, also before ``stop``.
        """
        for begin, group, index in self._span(start, stop):
            if self._index is None:
                yield Draws(begin, group, index - self._first.astype(np.int32)[group])
            else:
                yield Draws(begin, group, self._index.rows.take(index))

    def counts(self, draw: int) -> Int64Array:
        """Return how often each group comes before draw number ``draw``: int64 [groups]."""
        result = np.zeros(len(self._sizes), dtype=np.int64)
        for _, group, _ in self._span(0, draw):
            result += np.bincount(group, minlength=len(result))
        return result

    def never_drawn(self, start: int, stop: int) -> Int64Array:
        """Count the rows of each group that no draw from ``start`` to before ``stop`` takes."""
        drawn = np.zeros(self.plan.rows, dtype=np.int64)
        for _, _, index in self._span(start, stop):
            drawn[index] = 1
        return self._sizes - np.add.reduceat(drawn, self._first)

    def _span(self, start: int, stop: int) -> Iterator[tuple[int, Int32Array, Int32Array]]:
        """Replay up to ``stop``, handing out what comes from ``start`` on."""
        if start >= stop:
            return
        begin = 0
        for group, index in self._chunks():
            low, high = max(start - begin, 0), min(stop - begin, len(group))
            if high > low:
                yield begin + low, group[low:high], index[low:high]
            begin += len(group)
            if begin >= stop:
                return

    def _chunks(self) -> Iterator[tuple[Int32Array, Int32Array]]:
        """Make all draws, from the first on: their groups and indices."""
        cycles = self.plan.cycles
        limits = self._sizes * (cycles or 0)
        taken = np.zeros(len(self._sizes), dtype=np.int64)
        buffer = self._fill() if self.plan.shuffle else []
        for choice in self._choices():
            group = choice
            order = np.argsort(group, kind="stable")
            per_group = np.bincount(group, minlength=len(taken))
            turn = np.empty(len(group), dtype=np.int64)  # which draw of its group each is
            turn[order] = np.arange(len(group)) - np.repeat(
                np.cumsum(per_group) - per_group - taken, per_group
            )
            if cycles is not None:
                there = turn < limits[group]
                group, turn = group[there], turn[there]
                per_group = np.bincount(group, minlength=len(taken))
            taken += per_group
            yield group.astype(np.int32), self._indices(group, turn, limits, buffer)
            if cycles is not None and (taken == limits)[self._active].all():
                return

    def _choices(self) -> Iterator[Int64Array]:
        """Choose groups, for ever; also such as have run out."""
        only, state, begin = len(self._active) == 1, 0.0, 0
        for step in count():
            size = min(_SMALLEST_CHUNK << step, _LARGEST_CHUNK) if step < 5 else _LARGEST_CHUNK
            if only:
                choice = np.zeros(size, dtype=np.int64)
            elif self.plan.shuffle:
                pairs = np.arange(2 * begin, 2 * (begin + size), dtype=np.int64)
                seeds = numbers(self._seed, self._choice_seed, pairs)
                points = stateless_uniform(seeds[0::2], seeds[1::2]) * self._cumulative[-1]
                choice = np.searchsorted(self._cumulative, points, side="right")
            else:
                # A running phase; added up one by one, since rounding depends on the order.
                steps = np.full(size + 1, self._share.min() / 2)
                steps[0] = state
                phase = np.cumsum(steps)[1:]
                state = float(phase[-1])
                choice = np.searchsorted(np.cumsum(self._share), phase % 1.0, side="left")
            yield self._active[np.minimum(choice, len(self._active) - 1)]
            begin += size

    def _fill(self) -> list[int]:
        """The buffers of all groups, one behind the other, each with its first rows."""
        indices = np.arange(int(self._width.sum()))
        indices += np.repeat(self._first - self._base, self._width)
        filled: list[int] = self._order[indices].tolist()
        return filled

    def _indices(
        self, group: Int64Array, turn: Int64Array, limits: Int64Array, buffer: list[int]
    ) -> Int32Array:
        """The indices of draws of groups; a shuffle takes them from the buffer, and refills it."""
        size, first = self._sizes[group], self._first[group]
        if not self.plan.shuffle:
            return self._order[first + turn % size]
        width, base = self._width[group], self._base[group]
        following = self._order[first + (turn + width) % size]
        filled = width if self.plan.cycles is None else np.minimum(width, limits[group] - turn)
        chance = numbers(self._seed, self._shuffle_seeds[group], turn).astype(np.int64)
        chosen = base + (turn + chance % filled) % width
        oldest = base + turn % width
        result = []
        steps = zip(chosen.tolist(), oldest.tolist(), following.tolist(), strict=True)
        for take, move, new in steps:
            result.append(buffer[take])
            buffer[take] = buffer[move]
            buffer[move] = new
        return np.array(result, dtype=np.int32)
