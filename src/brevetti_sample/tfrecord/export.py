"""Exports: shards of drawn samples, and what stands beside them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from ..errors import OutputError, listed, printable
from .description import feature_records, tfds_files
from .folder import EXPORT, FORMAT, FORMAT_VERSION, ExportFolder, State, locked
from .planning import SKIPPED, ExportPlan
from .pool import write_shards
from .samples import IMAGE
from .shard import ShardRecord, ShardSpec, write_shard


@dataclass(frozen=True)
class Progress:
    """How far an export is.

    Attributes:
        draws: how many have been written or skipped, or were there already.
        all_draws: how many there are to be.
        bytes: how many have been written in this run.
        shards: how many are finished.
        all_shards: how many there are to be.
        kept: how many of the finished ones were there already.
    """

    draws: int
    all_draws: int
    bytes: int
    shards: int
    all_shards: int
    kept: int


Report = Callable[[Progress], None]


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


def write_export(
    export: ExportPlan,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    jobs: int = 1,
    report: Report | None = None,
) -> ExportResult:
    """Write an export, or what is missing of it.

    Args:
        export: the plan of the export.
        folder: where to; it is made if it is not there.
        overwrite: whether another export in the folder may go.
        jobs: how many processes write shards.
        report: called now and then.

    Raises:
        SampleFileError: an image that cannot be used, unless those are skipped.
        OutputError: the folder holds something else, or cannot be written. All shards that were
            finished stay, and the same call goes on after them.

    Example:
        >>> import tempfile
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> from brevetti_sample.tfrecord.planning import plan_export
        >>> manifest = bundled_manifest()
        >>> export = plan_export(manifest, make_plan(manifest, groupby="folder"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_export(export, folder).records
        180
    """
    path = os.fspath(folder)
    with locked(path) as place:
        try:
            return _write(export, place, overwrite, jobs, report)
        except OSError as error:
            raise OutputError(
                f"cannot write to '{printable(path)}': {error.strerror or error}; what is "
                "finished stays, and the same command goes on after it"
            ) from error
        finally:
            with contextlib.suppress(OSError):
                place.sweep()


def write_stream(export: ExportPlan, stream: BinaryIO) -> ShardRecord:
    """Write all records of an export to one stream, as if there were one shard.

    Raises:
        SampleFileError: an image that cannot be used, unless those are skipped.
        OSError: it cannot be written.
    """
    spec = ShardSpec("-", export.shards[0].start, export.shards[-1].stop)
    return write_shard(export.samples, spec, stream, export.options.compression)


def _write(
    export: ExportPlan, place: ExportFolder, overwrite: bool, jobs: int, report: Report | None
) -> ExportResult:
    state = _state(export, place, overwrite)
    done = {shard.name: shard for shard in state.shards if place.whole(shard)}
    kept = len(done)
    left = [shard for shard in export.shards if shard.name not in done]
    if state.finished and not left:
        result = ExportResult(place.path, export.digest, _ordered(export, done), kept)
        files = _files(export, result)
        files[EXPORT] = _json(export, result, files)
        if all(place.holds(name, content) for name, content in files.items()):
            return result
    place.begin(State(export.digest, False, export.names(), state.replaced, list(done.values())))
    draws = sum(shard.stop - shard.start for shard in done.values())
    size = 0

    def tell(records: int, count: int) -> None:
        nonlocal draws, size
        draws += records
        size += count
        if report is not None:
            report(Progress(draws, export.draws, size, len(done), len(export.shards), kept))

    tell(0, 0)
    parts = write_shards(export.samples, left, place.path, export.options.compression, jobs, tell)
    with contextlib.closing(parts):
        for part, shard in parts:
            place.finish_shard(part, shard)
            done[shard.name] = shard
            tell(0, 0)
    result = ExportResult(place.path, export.digest, _ordered(export, done), kept)
    files = _files(export, result)
    for name, content in files.items():
        place.write(name, content)
    names = [*(shard.name for shard in export.shards), *files]
    place.end(_json(export, result, files), State(export.digest, True, names, state.replaced))
    return result


def _state(export: ExportPlan, place: ExportFolder, overwrite: bool) -> State:
    """What of an export is there already; refuse a folder that holds something else."""
    state = place.state()
    if state.digest == export.digest and not (state.finished and overwrite):
        return state
    shown = printable(place.path)
    if state.digest is not None and not overwrite:
        which = "another export" if state.finished else "an unfinished export"
        raise OutputError(
            f"'{shown}' holds {which}, of another plan, manifest or options; name another folder "
            "with -o, or say --overwrite"
        )
    taken = place.taken(export.names()) if state.digest is None else []
    if taken and not overwrite:
        raise OutputError(
            f"'{shown}' has {listed(taken, 3)} already, and no {EXPORT} says that an export made "
            "them; name another folder with -o, or say --overwrite"
        )
    return State(export.digest, False, (), [*state.names, *state.replaced])


def _ordered(export: ExportPlan, done: dict[str, ShardRecord]) -> tuple[ShardRecord, ...]:
    return tuple(done[shard.name] for shard in export.shards)


def _files(export: ExportPlan, result: ExportResult) -> dict[str, bytes]:
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


def _json(export: ExportPlan, result: ExportResult, files: dict[str, bytes]) -> bytes:
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
    return ("{\n" + ",\n".join(lines) + f',\n "shards": [\n{shards}\n ]\n}}\n').encode()


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
