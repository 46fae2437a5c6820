"""An `export.json` and a progress file, field by field as their JSON has them, and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from brevetti_sample.files.typed_json import JSONError
from brevetti_sample.streams.saved_plan import SavedPlan, SavedRows

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


class SavedSplit(Struct, forbid_unknown_fields=True):
    """A split that is not drawn: how many shards, and the rows of its groups."""

    name: str
    shards: Annotated[int, Meta(ge=1, lt=1 << 31)]
    groups: Annotated[list[SavedRows], Meta(min_length=1)]


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
    other_splits: list[SavedSplit] | None = None

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
        groups = self._groups()
        for number, shard in enumerate(self.shards):
            field = f"shards[{number}]"
            if shard.records + len(shard.skipped) != shard.stop - shard.start:
                raise JSONError("must be its draws without the skipped ones", f"{field}.records")
            if len(shard.groups) != groups[number]:
                raise JSONError("must be a number for each group of its split", f"{field}.groups")

    def _groups(self) -> list[int]:
        """How many groups the split of each shard has."""
        others = self.other_splits or []
        names = [self.split, *(split.name for split in others)]
        drawn = len(self.shards) - sum(split.shards for split in others)
        if len(set(names)) < len(names) or drawn < 1:
            raise JSONError(
                "must be splits of other names, with some of the shards", "other_splits"
            )
        result = [len(self.plan.groups)] * drawn
        for split in others:
            result += [len(split.groups)] * split.shards
        return result


class SavedProgress(Struct, forbid_unknown_fields=True):
    """The first line of a progress file, as `folder.State` describes it."""

    digest: str | None
    names: list[str]
    replaced: list[str]
