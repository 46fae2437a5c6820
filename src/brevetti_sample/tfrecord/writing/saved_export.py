"""An `export.json` and a progress file, field by field as their JSON has them, and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from brevetti_sample.files.typed_json import JSONError
from brevetti_sample.streams.saved_plan import SavedPlan

from .records import Skipped
from .shard import ShardRecord

_Count: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 62)]
_CRC32C: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{8}\\Z")]
_SHA256: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{64}\\Z")]


class SavedSkipped(Struct, forbid_unknown_fields=True):
    """A sample that was left out, as `Skipped` describes it."""

    draw: _Count
    row: _Count
    path: str | None
    reason: str


class SavedShard(Struct, forbid_unknown_fields=True):
    """A shard that has been written, as `ShardRecord` describes it."""

    name: str
    start: _Count
    stop: _Count
    records: _Count
    bytes: _Count
    crc32c: _CRC32C
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?\\Z")]
    groups: list[_Count]
    skipped: list[SavedSkipped]

    def record(self) -> ShardRecord:
        """The shard."""
        return ShardRecord(
            self.name,
            self.start,
            self.stop,
            self.records,
            self.bytes,
            self.crc32c,
            self.sha256,
            tuple(self.groups),
            tuple(Skipped(one.draw, one.row, one.path, one.reason) for one in self.skipped),
        )


class SavedFeature(Struct, forbid_unknown_fields=True):
    """A feature, as `description.feature_records` describes it."""

    name: str
    kind: Literal["int64", "float", "bytes"]
    single: bool
    text: bool
    source: str
    change: str


class SavedFile(Struct, forbid_unknown_fields=True):
    """A file beside the shards."""

    bytes: _Count
    sha256: _SHA256


class SavedExport(Struct, forbid_unknown_fields=True):
    """All fields of an `export.json`."""

    format: str
    version: int
    digest: str
    name: str
    split: str
    compression: Literal["none", "gzip"]
    records: _Count
    bytes: _Count
    skipped: _Count
    features: list[SavedFeature]
    image_feature: str | None
    label_column: str | None
    label_feature: str | None
    class_names: list[str]
    groups: list[str]
    plan: SavedPlan
    files: dict[str, SavedFile]
    shards: list[SavedShard]
    sha256_above: _SHA256

    def check(self) -> None:
        """Refuse fields that do not fit each other.

        Raises:
            JSONError: the first of them.
        """
        known = {feature.name for feature in self.features}
        for field in ("image_feature", "label_feature"):
            name = getattr(self, field)
            if name is not None and name not in known:
                raise JSONError("must be the name of a feature", field)
        for number, shard in enumerate(self.shards):
            field = f"shards[{number}]"
            if shard.records + len(shard.skipped) != shard.stop - shard.start:
                raise JSONError("must be its draws without the skipped ones", f"{field}.records")
            if len(shard.groups) != len(self.plan.groups):
                raise JSONError("must be a number for each group of the plan", f"{field}.groups")


class SavedProgress(Struct, forbid_unknown_fields=True):
    """The first line of a progress file, as `folder.State` describes it."""

    digest: str | None
    names: list[str]
    replaced: list[str]
