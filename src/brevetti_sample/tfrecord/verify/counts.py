"""The groups of shards as `export.json` counts them, compared with the plan and the splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.groups.keys import Key, label
from brevetti_sample.messages import printable, quoted
from brevetti_sample.streams.plan import Plan
from brevetti_sample.streams.replay import ReplayStream
from brevetti_sample.streams.saved_plan import opened_keys
from brevetti_sample.streams.stratified import Stream
from brevetti_sample.tfrecord.writing.folder import EXPORT, Export, shards_by_split
from brevetti_sample.tfrecord.writing.shard import ShardRecord


@dataclass(frozen=True)
class Damage:
    """Something that is not as it was written.

    Attributes:
        name: of the file.
        reason: what is wrong with it.
    """

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class WrittenSplit:
    """A split whose rows were written once each.

    Attributes:
        name: of the split.
        keys: the keys of its groups.
        sizes: int64 [groups], rows of each group.
        shards: of the split, in order.
    """

    name: str
    keys: tuple[Key, ...]
    sizes: Int64Array
    shards: tuple[ShardRecord, ...]


def splits_of(export: Export) -> tuple[tuple[ShardRecord, ...], list[WrittenSplit]]:
    """The shards of the split that is drawn, and the other splits."""
    drawn, *others = shards_by_split(export).values()
    splits = []
    for split, shards in zip(export.saved.other_splits or [], others, strict=True):
        sizes = np.array([group.rows for group in split.groups], dtype=np.int64)
        splits.append(WrittenSplit(split.name, opened_keys(split.groups), sizes, shards))
    return drawn, splits


def drawn_damages(
    shards: Sequence[ShardRecord], plan: Plan, stream: Stream | ReplayStream
) -> Iterator[Damage]:
    """What does not fit the plan."""
    for shard in shards:
        planned = stream.counts(shard.stop) - stream.counts(shard.start)
        if damage := _sums(shard, len(planned)):
            yield damage
            continue
        there = np.array(shard.groups, dtype=np.int64)
        if wrong := _difference(there, planned, plan.labels, len(shard.skipped)):
            yield Damage(shard.name, f"its groups are not those of the plan: {wrong}")
    if not _join(shards):
        yield Damage(EXPORT, "its shards do not join")


def split_damages(split: WrittenSplit) -> Iterator[Damage]:
    """What does not fit the rows of a split."""
    found = [damage for shard in split.shards if (damage := _sums(shard, len(split.sizes)))]
    yield from found
    spans = all(one.stop - one.start == one.records + len(one.skipped) for one in split.shards)
    ends = (split.shards[0].start, split.shards[-1].stop)
    if not _join(split.shards) or not spans or ends != (0, int(split.sizes.sum())):
        yield Damage(EXPORT, f"its shards of {quoted(split.name)} do not join")
    if not found:
        there = np.sum([shard.groups for shard in split.shards], axis=0)
        skipped = sum(len(shard.skipped) for shard in split.shards)
        labels = tuple(map(label, split.keys))
        if wrong := _difference(there, split.sizes, labels, skipped):
            yield Damage(EXPORT, f"its groups of {quoted(split.name)} are not all there: {wrong}")


def _join(shards: Sequence[ShardRecord]) -> bool:
    return all(before.stop == after.start for before, after in pairwise(shards))


def _sums(shard: ShardRecord, groups: int) -> Damage | None:
    if len(shard.groups) == groups and sum(shard.groups) == shard.records:
        return None
    return Damage(shard.name, "its group counts do not add up to its records")


def _difference(
    there: Int64Array, expected: Int64Array, labels: Sequence[str], skipped: int
) -> str:
    """In which groups records are missing, beyond those that were skipped, or too many."""
    missing = expected - there
    if not (missing < 0).any() and int(missing.sum()) == skipped:
        return ""
    wrong = np.flatnonzero(missing).tolist()[:3]
    return ", ".join(f"{there[g]} of '{printable(labels[g])}' for {expected[g]}" for g in wrong)
