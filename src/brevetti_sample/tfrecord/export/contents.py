"""The contents of all files of an export but the shards, once those are written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from brevetti_sample.tfrecord.writing.folder import FORMAT, FORMAT_VERSION, with_checksum
from brevetti_sample.tfrecord.writing.image_records import IMAGE
from brevetti_sample.tfrecord.writing.shard import ShardRecord

from .description import feature_records, tfds_files
from .planning import SKIPPED, ExportPlan


@dataclass(frozen=True)
class ExportResult:
    """A finished export.

    Attributes:
        folder: where it is.
        digest: of all that its bytes come from.
        shards: what has been written.
        kept: how many of them were there already.
    """

    folder: str
    digest: str
    shards: tuple[ShardRecord, ...]
    kept: int

    @property
    def records(self) -> int:
        """How many there are in all shards."""
        return sum(shard.records for shard in self.shards)

    @property
    def bytes(self) -> int:
        """The bytes of all shards."""
        return sum(shard.bytes for shard in self.shards)

    @property
    def skipped(self) -> int:
        """How many samples were left out."""
        return sum(len(shard.skipped) for shard in self.shards)


def files_of(export: ExportPlan, result: ExportResult) -> dict[str, bytes]:
    """The files beside the shards, all but `export.json`."""
    files = {}
    if export.options.described:
        records = [shard.records for shard in result.shards]
        files = tfds_files(export.samples, export.options, records, result.bytes)
    if result.skipped:
        files[SKIPPED] = "".join(
            json.dumps(asdict(one), ensure_ascii=False) + "\n"
            for shard in result.shards
            for one in shard.skipped
        ).encode()
    return files


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
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files.items()
        },
    }
    lines = [f" {json.dumps(name)}: {_dumps(value)}" for name, value in fields.items()]
    shards = ",\n".join(f"  {_dumps(shard.to_dict())}" for shard in result.shards)
    above = "{\n" + ",\n".join(lines) + f',\n "shards": [\n{shards}\n ],\n'
    return with_checksum(above.encode())


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
