"""The plan of an export: every shard, and all that its bytes come from, before any is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property

from brevetti_sample.errors import UsageError
from brevetti_sample.streams.draws import draw_range
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.plan import BoundPlan
from brevetti_sample.tfrecord.writing.folder import EXPORT, FORMAT_VERSION
from brevetti_sample.tfrecord.writing.options import MOST_SHARDS, SHARD_BYTES, ExportOptions
from brevetti_sample.tfrecord.writing.records import Samples, make_samples
from brevetti_sample.tfrecord.writing.shard import ShardSpec

from .description import tfds_files

SKIPPED = "skipped.jsonl"
"""The file that lists the samples that were left out."""
# What does not change the bytes of a shard without skipped samples, or follows from its draws.
_WITHOUT_DIGEST = ("image_root", "on_error", "shards", "shard_bytes")


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
        fields = {
            "version": FORMAT_VERSION,
            "plan": self.samples.plan.digest,
            "manifest": self.fingerprint,
            "options": {
                name: value for name, value in options.items() if name not in _WITHOUT_DIGEST
            },
            "shards": [asdict(shard) for shard in self.shards],
        }
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()

    @property
    def draws(self) -> int:
        """How many draws there are to be."""
        return self.shards[-1].stop - self.shards[0].start

    def names(self) -> list[str]:
        """The final names of all files that may be written."""
        files = tfds_files(self.samples, self.options, [], 0) if self.options.described else ()
        return [*(shard.name for shard in self.shards), *files, SKIPPED, EXPORT]

    def about_bytes(self) -> list[int]:
        """Estimate the bytes of each shard, before compression."""
        first, last = self.shards[0].start, self.shards[-1].stop
        size = self.samples.probe(first, last)
        return [size * (shard.stop - shard.start) // self.draws for shard in self.shards]

    def groups(self) -> list[tuple[int, ...]]:
        """How many draws each shard has of each group, in closed form."""
        stream = open_stream(self.samples.plan)
        pairs = ((stream.counts(shard.start), stream.counts(shard.stop)) for shard in self.shards)
        return [tuple((after - before).tolist()) for before, after in pairs]


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
        UsageError: a range without draws, more shards than draws, or a column that cannot be
            written.

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
    first, last = draw_range(bound_plan.plan, start, stop)
    samples = make_samples(bound_plan, options)
    count = options.shards
    if count is None:
        size = samples.probe(first, last)
        count = -(-size // (options.shard_bytes or SHARD_BYTES))
        count = max(1, min(count, last - first, MOST_SHARDS))
    if count > last - first:
        reason = f"must be at most the {last - first} draws, not {count}"
        raise UsageError(reason, parameter="shards")
    edges = [first + (last - first) * number // count for number in range(count + 1)]
    shards = tuple(
        ShardSpec(options.shard_name(number, count), edges[number], edges[number + 1])
        for number in range(count)
    )
    paths = tuple(bound_plan.manifest.paths)
    return ExportPlan(samples, options, shards, bound_plan.fingerprint, paths)
