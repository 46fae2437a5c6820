"""Saved plans, states and exports that one has changed who knows their checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from brevetti_sample.tfrecord.writing.folder import with_checksum

NOT_IN_DIGEST = ("manifest_rows", "manifest_sha256", "digest")


def with_digest(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a saved plan with the digest that fits them, and the rows that its groups have."""
    inside = {name: value for name, value in fields.items() if name not in NOT_IN_DIGEST}
    text = json.dumps(inside, sort_keys=True, separators=(",", ":"))
    rows = fields.get("manifest_rows")
    try:
        counts = [group["rows"] for group in fields["groups"]]
        rows = sum(counts) if all(type(count) is int for count in counts) else rows
    except (LookupError, TypeError):
        pass
    return fields | {"digest": hashlib.sha256(text.encode()).hexdigest(), "manifest_rows": rows}


def forge_plan(text: str, change: Callable[[dict[str, Any]], object]) -> str:
    """A saved plan with a change, and a digest that fits."""
    fields = json.loads(text)
    change(fields)
    return json.dumps(with_digest(fields))


def forge_export(folder, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the `export.json` of a folder, with checksums that fit."""
    path = folder / "export.json"
    fields = json.loads(path.read_bytes())
    change(fields)
    if isinstance(fields.get("plan"), dict):
        fields["plan"] = with_digest(fields["plan"])
    fields.pop("sha256_above", None)
    path.write_bytes(with_checksum(json.dumps(fields, indent=1).encode()[:-2] + b",\n"))


def set_at(*path_and_value) -> Callable[[Any], None]:
    """A change: the value at a place, as ``set_at("groups", 0, "rows", 5)``."""
    *path, last, value = path_and_value

    def change(fields: Any) -> None:
        for key in path:
            fields = fields[key]
        fields[last] = value

    return change
