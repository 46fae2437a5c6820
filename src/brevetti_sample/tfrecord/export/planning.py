"""The plan of an export: every shard, and all that its bytes come from, before any is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import groupby

from brevetti_sample.errors import UsageError, argument
from brevetti_sample.messages import quoted
from brevetti_sample.streams.draws import draw_range
from brevetti_sample.streams.plan import BoundPlan, Plan
from brevetti_sample.streams.planning import with_class_names
from brevetti_sample.tfrecord.writing.class_list import read_labels
from brevetti_sample.tfrecord.writing.folder import EXPORT, FORMAT_VERSION
from brevetti_sample.tfrecord.writing.options import MOST_SHARDS, SHARD_BYTES, ExportOptions
from brevetti_sample.tfrecord.writing.records import Samples, make_samples
from brevetti_sample.tfrecord.writing.shard import ShardSpec

from .description import tfds_files

SKIPPED = "skipped.jsonl"
"""The file that lists the samples that were left out."""
# What does not change the bytes of a shard without skipped samples, or follows from its draws; the
# list of classes is the plan's.
_WITHOUT_DIGEST = ("image_root", "on_error", "shards", "shard_bytes", "labels")


@dataclass(frozen=True)
class ExportPlan:
    """All that an export will write. Made by `plan_export`; `write_export` writes it.

    Attributes:
        samples: what the records are made from.
        options: the options.
        shards: the shards, in order.
        fingerprint: the SHA-256 of the manifest.
        paths: of the manifest's files.
    """

    samples: Samples
    options: ExportOptions
    shards: tuple[ShardSpec, ...]
    fingerprint: str
    paths: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal digits, of all that the bytes of the shards come from."""
        options = asdict(self.options)
        if self.options.split_column is None:
            del options["split_column"]  # as those had it who did not know of it
        fields = {
            "version": FORMAT_VERSION,
            "plan": self.samples.plan.digest,
            "manifest": self.fingerprint,
            "options": {
                name: value for name, value in options.items() if name not in _WITHOUT_DIGEST
            },
            "shards": [
                {"name": shard.name, "start": shard.start, "stop": shard.stop}
                for shard in self.shards
            ],
        }
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()

    @property
    def draws(self) -> int:
        """How many draws there are to be, and rows of the splits that are not drawn."""
        return sum(shard.stop - shard.start for shard in self.shards)

    @cached_property
    def splits(self) -> dict[str, tuple[ShardSpec, ...]]:
        """The shards of each split, by its name; the one that is drawn is the first."""
        parts = groupby(self.shards, lambda shard: shard.split or self.options.split)
        return {name: tuple(shards) for name, shards in parts}

    def names(self) -> list[str]:
        """The final names of all files that may be written."""
        files = tfds_files(self.samples, self.options, []) if self.options.described else ()
        return [*(shard.name for shard in self.shards), *files, SKIPPED, EXPORT]

    def about_bytes(self) -> list[int]:
        """Estimate the bytes of each shard, before compression."""
        sizes = []
        for shards in self.splits.values():
            first, last = shards[0].start, shards[-1].stop
            size = self.samples.probe(first, last, shards[0].split)
            sizes += [size * (one.stop - one.start) // (last - first) for one in shards]
        return sizes


def plan_export(
    bound_plan: BoundPlan,
    options: ExportOptions | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
) -> ExportPlan:
    """Plan an export: nothing is written, and no image is read.

    Args:
        bound_plan: the plan, bound to its manifest.
        options: the options.
        start: first draw number.
        stop: draw number to stop before; by default the plan's ``draws``.

    Raises:
        ColumnError: no such column.
        UsageError: a range without draws, more shards than draws, a column that cannot be
            written, or classes or splits that there cannot be.
        ManifestError: a list of classes that cannot be read.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> manifest = bundled_manifest()
        >>> options = ExportOptions(shards=4)
        >>> bound = make_plan(manifest, groupby="folder").bind(manifest)
        >>> export = plan_export(bound, options)
        >>> [shard.stop - shard.start for shard in export.shards]
        [45, 45, 45, 45]
    """
    options = options or ExportOptions()
    if options.labels is not None:
        names = read_labels(options.labels, options.label_offset)
        listed = with_class_names(bound_plan.plan, names)
        bound_plan = BoundPlan(listed, bound_plan.manifest, bound_plan.grouping)
    first, last = draw_range(bound_plan.plan, start, stop)
    samples = make_samples(bound_plan, options)
    options = _with_split(options, bound_plan.plan)
    asked = options.shards
    if asked is not None and asked > last - first:
        reason = f"must be at most the {last - first} draws, not {asked}"
        raise UsageError(reason, parameter="shards")
    shards = _shards(samples, options, (first, last), asked)
    for name, listing in samples.listings.items():
        rows = len(listing.rows)
        # About as many rows each as the shards of the draws have, but no more shards.
        count = None if asked is None else min(asked, -(-rows * asked // (last - first)))
        shards += _shards(samples, options, (0, rows), count, name)
    paths = tuple(bound_plan.manifest.paths)
    return ExportPlan(samples, options, tuple(shards), bound_plan.fingerprint, paths)


def _with_split(options: ExportOptions, plan: Plan) -> ExportOptions:
    """The options with the name of the split that is drawn."""
    if options.split_column is None or plan.where is None:
        return options
    name = plan.where[1]
    if options.split not in (ExportOptions.split, name):
        raise UsageError(
            f"is {quoted(options.split)}, but {argument('split_column')} has the names",
            parameter="split",
            advice="leave it out",
        )
    return replace(options, split=name)


def _shards(
    samples: Samples,
    options: ExportOptions,
    span: tuple[int, int],
    count: int | None,
    split: str | None = None,
) -> list[ShardSpec]:
    """Cut the draws of a split, or its rows, into shards; as many as their size asks for."""
    first, last = span
    if count is None:
        size = samples.probe(first, last, split)
        count = -(-size // (options.shard_bytes or SHARD_BYTES))
    count = max(1, min(count, last - first, MOST_SHARDS))
    edges = [first + (last - first) * number // count for number in range(count + 1)]
    name = split or options.split
    return [
        ShardSpec(options.shard_name(name, number, count), edges[number], edges[number + 1], split)
        for number in range(count)
    ]
