"""A saved state of a stream, field by field as its JSON has it, and nothing else."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from brevetti_sample.arguments import MAX_DRAW


class SavedSummary(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What people can tell plans apart by."""

    stream: str
    seed: int
    shuffle: bool
    repeat: bool | int
    batch_size: int
    groupby: list[str]
    weighting: str
    rows: int
    groups: int
    samples_sha256: str | None = None
    graph_seed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the state has it: without what it has not."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return fields


class SavedState(Struct, forbid_unknown_fields=True):
    """All fields of a saved state; ``draw`` is the number of the next draw."""

    format: str
    version: int
    draw: Annotated[int, Meta(ge=0, le=MAX_DRAW)]
    digest: str
    plan: SavedSummary
