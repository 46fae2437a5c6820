"""The contents of all files of an export but the shards, once those are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from brevetti_sample.tfrecord.writing.folder import FORMAT, FORMAT_VERSION, with_checksum
from brevetti_sample.tfrecord.writing.image_records import IMAGE
from brevetti_sample.tfrecord.writing.shard import ShardRecord

from .description import SplitSizes, feature_records, tfds_files
from .planning import SKIPPED, ExportPlan


@dataclass(frozen=True)
class SplitShards:
    """The shards of a split.

    Attributes:
        name: of the split.
        shards: what has been written.
    """

    name: str
    shards: tuple[ShardRecord, ...]

    @property
    def records(self) -> int:
        """How many there are in all its shards."""
        return sum(shard.records for shard in self.shards)

    @property
    def bytes(self) -> int:
        """The bytes of all its shards."""
        return sum(shard.bytes for shard in self.shards)


@dataclass(frozen=True)
class ExportResult:
    """A finished export.

    Attributes:
        folder: where it is.
        digest: of all that its bytes come from.
        splits: what has been written, of the split that is drawn first.
        kept: how many shards were there already.
    """

    folder: str
    digest: str
    splits: tuple[SplitShards, ...]
    kept: int

    @property
    def shards(self) -> tuple[ShardRecord, ...]:
        """The shards of all splits."""
        return tuple(shard for split in self.splits for shard in split.shards)

    @property
    def records(self) -> int:
        """How many there are in all shards."""
        return sum(split.records for split in self.splits)

    @property
    def bytes(self) -> int:
        """The bytes of all shards."""
        return sum(split.bytes for split in self.splits)

    @property
    def skipped(self) -> int:
        """How many samples were left out."""
        return sum(len(shard.skipped) for shard in self.shards)


def files_of(export: ExportPlan, result: ExportResult) -> dict[str, bytes]:
    """The files beside the shards, all but `export.json`."""
    files = {}
    if export.options.described:
        sizes = [
            SplitSizes(split.name, tuple(shard.records for shard in split.shards), split.bytes)
            for split in result.splits
        ]
        files = tfds_files(export.samples, export.options, sizes)
    if result.skipped:
        files[SKIPPED] = "".join(
            json.dumps(fields, ensure_ascii=False) + "\n" for fields in _skipped(export, result)
        ).encode()
    return files


def _skipped(export: ExportPlan, result: ExportResult) -> Iterator[dict[str, Any]]:
    for split in result.splits:
        of_split = {} if export.options.split_column is None else {"split": split.name}
        for shard in split.shards:
            yield from (of_split | asdict(one) for one in shard.skipped)


def export_json(export: ExportPlan, result: ExportResult, files: dict[str, bytes]) -> bytes:
    """The contents of `export.json`."""
    options, samples = export.options, export.samples
    fields: dict[str, Any] = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "digest": export.digest,
        "name": options.name,
        "split": options.split,
        "compression": options.compression,
        "records": result.records,
        "bytes": result.bytes,
        "skipped": result.skipped,
        "features": feature_records(samples),
        "image_feature": None if options.image_column is None else IMAGE,
        "label_column": options.label_column,
        "label_feature": samples.label_feature,
        "class_names": samples.class_names,
        "groups": samples.plan.labels,
        "plan": json.loads(samples.plan.to_json()) | {"manifest_sha256": export.fingerprint},
        **_other_splits(export),
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
        },
    }
    lines = [f" {json.dumps(name)}: {_dumps(value)}" for name, value in fields.items()]
    shards = ",\n".join(f"  {_dumps(shard.to_dict())}" for shard in result.shards)
    above = "{\n" + ",\n".join(lines) + f',\n "shards": [\n{shards}\n ],\n'
    return with_checksum(above.encode())


def _other_splits(export: ExportPlan) -> dict[str, Any]:
    """The splits that are not drawn, whose shards come after the others, in this order."""
    if export.options.split_column is None:
        return {}
    from brevetti_sample.streams.saved_plan import with_infinities

    return {
        "other_splits": [
            {
                "name": name,
                "shards": len(export.splits[name]),
                "groups": [
                    {"key": with_infinities(key), "rows": rows}
                    for key, rows in zip(listing.keys, listing.sizes.tolist(), strict=True)
                ],
            }
            for name, listing in export.samples.listings.items()
        ]
    }


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
