"""The first batches as strips: the groups of their draws, one after the other or counted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.groups.keys import label
from brevetti_sample.messages import printable
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.plan import Plan

MOST_BATCHES = 12
"""How many batches are shown."""
MOST_CELLS = 128
"""Batches of so many draws are shown draw by draw; larger ones as counts."""
COLOURS = 9
"""So many groups have a colour of their own; if there are more, the rest share one."""


@dataclass(frozen=True)
class Strip:
    """A batch.

    Attributes:
        batch: its number.
        start: the number of its first draw that is shown.
        draws: how many draws it has in the range.
        counts: draws by colour; the last is that of all other groups, if there are any.
        cells: the index in `Strips.names` of each draw's group; empty if there are too many.
    """

    batch: int
    start: int
    draws: int
    counts: list[int]
    cells: list[int]


@dataclass(frozen=True)
class Strips:
    """The first batches of a range.

    Attributes:
        names: the groups that are drawn in them, those drawn most first; with more than
            `MOST_CELLS` draws a batch, only those with a colour.
        coloured: how many of them have a colour of their own.
        others: how many groups have not.
        batches: the batches.
    """

    names: list[str]
    coloured: int
    others: int
    batches: list[Strip]


def first_batches(plan: Plan, start: int, stop: int) -> Strips:
    """Draw the first batches of a range, or count their draws.

    Args:
        plan: the plan.
        start: first draw number.
        stop: draw number to stop before, not past the end of the stream.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> strips = first_batches(make_plan(bundled_manifest(), "folder", batch_size=6), 0, 8)
        >>> strips.names, [strip.counts for strip in strips.batches]
        (['good', 'bad_cap', 'missing_cap'], [[2, 2, 2], [1, 1, 0]])
    """
    size = plan.batch_size
    edges = [start]
    while edges[-1] < stop and len(edges) <= MOST_BATCHES:
        edges.append(min(stop, (edges[-1] // size + 1) * size))
    if size <= MOST_CELLS:
        chunks = open_stream(plan).draws(start, edges[-1])
        drawn = np.concatenate([draws.group for draws in chunks])
        groups, codes = np.unique(drawn, return_inverse=True)
        parts = np.split(codes, [edge - start for edge in edges[1:-1]])
        by_batch = np.array([np.bincount(part, minlength=len(groups)) for part in parts])
    else:
        by_batch = _counts(plan, edges)
        groups = np.flatnonzero(by_batch.any(axis=0))
        by_batch = by_batch[:, groups]
        parts = [np.empty(0, dtype=np.int64)] * len(by_batch)
    order = np.lexsort((-plan.sizes[groups], -by_batch.sum(axis=0)))
    index = np.argsort(order)
    coloured = len(order) if len(order) <= COLOURS + 1 else COLOURS
    named = groups[order] if size <= MOST_CELLS else groups[order[:coloured]]
    spans = pairwise(edges)
    batches = [
        Strip(low // size, low, high - low, _merged(counts[order], coloured), index[part].tolist())
        for (low, high), counts, part in zip(spans, by_batch, parts, strict=True)
    ]
    names = [printable(label(plan.keys[group])) for group in named.tolist()]
    return Strips(names, coloured, len(order) - coloured, batches)


def _counts(plan: Plan, edges: list[int]) -> Int64Array:
    """Count the draws of each group between edges: int64 [edges - 1, groups]."""
    stream = open_stream(plan)
    if plan.stream == "stratified":
        return np.diff([stream.counts(edge) for edge in edges], axis=0)
    # Its counts are not computed but replayed: here once, not from the first draw to each edge.
    result = np.zeros((len(edges) - 1, len(plan.keys)), dtype=np.int64)
    for draws in stream.draws(edges[0], edges[-1]):
        for counts, (low, high) in zip(result, pairwise(edges), strict=True):
            first, last = max(low - draws.start, 0), max(high - draws.start, 0)
            np.add.at(counts, draws.group[first:last], 1)
    return result


def _merged(counts: Int64Array, coloured: int) -> list[int]:
    """The counts of the first groups, and if there are more, the sum of theirs."""
    rest = [int(counts[coloured:].sum())] if len(counts) > coloured else []
    return [*counts[:coloured].tolist(), *rest]
