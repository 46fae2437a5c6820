"""The paths of a command, before anything is read or written: local ones, and no file twice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from brevetti_sample.cli.screen.output import place_of
from brevetti_sample.files.local_path import local_path
from brevetti_sample.files.overlap import Place, refuse_overlaps

from .declaration import Option

_MANIFEST = "manifest"
_STANDARD_INPUT = 0
_INLINE = {"weights": "=", "labels": ","}
"""What a value has that is not a path but the thing itself, by the field of its option."""
_inputs: list[Place] = []


def check_paths(
    options: Iterable[Option], given: Mapping[str, Any], configuration: str | None
) -> None:
    """Refuse URIs, and outputs that are inputs or another output.

    The files of a manifest that is a folder or a pattern are compared once they are known.

    Args:
        options: those that the command takes.
        given: their values, by field.
        configuration: the path of the configuration file, if one was read.

    Raises:
        UsageError: a path that is refused.
    """
    outputs, inputs = [], []
    for option in options:
        is_manifest = option.field == _MANIFEST
        what = "the manifest itself" if is_manifest else ""
        if is_manifest:
            inputs.append(Place(option.field, _STANDARD_INPUT, what))
        for path in _paths(option, given.get(option.field)):
            if option.kind.role == "output":
                outputs.append(place_of(option.field, path))
            elif option.kind.role == "input":
                inputs.append(Place(option.field, path, what))
    if configuration is not None:
        inputs.append(Place("config", configuration, "the configuration"))
    refuse_overlaps(outputs, inputs)
    _inputs[:] = inputs


def _paths(option: Option, value: Any) -> Iterator[str]:
    """The paths that are the value of an option."""
    if not option.kind.role or value is None:
        return
    for path in value if isinstance(value, list | tuple) else [value]:
        inline = _INLINE.get(option.field)
        if inline and inline in path and not os.path.exists(path):
            continue
        if path == "-" and option.field != "output":
            continue  # standard input; or what the command refuses
        local = local_path(path, option.field)
        is_export = option.field == "labels" and os.path.isdir(local)
        yield os.path.join(local, "export.json") if is_export else local


def kept_inputs() -> list[Place]:
    """The inputs of the command that runs, for one that learns only later what it will write."""
    return list(_inputs)
