"""Exports: shards of drawn samples, and what stands beside them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from brevetti_sample.errors import OutputError, UsageError, argument
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.local_path import local_path
from brevetti_sample.files.overlap import Place, refuse_overlaps
from brevetti_sample.messages import listed
from brevetti_sample.streams.plan import BoundPlan, Plan
from brevetti_sample.streams.planning import as_bound
from brevetti_sample.tfrecord.writing.class_list import check_apart
from brevetti_sample.tfrecord.writing.digest import Digest
from brevetti_sample.tfrecord.writing.folder import EXPORT, UNREADABLE, ExportFolder, State, locked
from brevetti_sample.tfrecord.writing.options import ExportOptions
from brevetti_sample.tfrecord.writing.pool import Job, ShardPool
from brevetti_sample.tfrecord.writing.shard import ShardRecord, ShardSpec, write_shard
from brevetti_sample.tfrecord.writing.workers import Workers

from .contents import ExportResult, SplitShards, export_json, files_of
from .planning import ExportPlan, plan_export


@dataclass(frozen=True)
class Progress:
    """How far an export is.

    Attributes:
        draws: how many have been written or skipped, or were there already.
        all_draws: how many there are to be, rows of the splits that are not drawn among them.
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
_MANIFEST, _IMAGE = "the manifest itself", "an image of the manifest"


def export_tfrecord(
    manifest: Any = None,
    plan: Plan | None = None,
    folder: str | os.PathLike[str] = "tfrecord",
    options: ExportOptions | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
    overwrite: bool = False,
    jobs: int = 1,
    report: Report | None = None,
) -> ExportResult:
    """Write drawn samples as TFRecord shards.

    Args:
        manifest: the manifest that the plan was made for, as `read_manifest` takes it; or a plan
            that is bound to it (`Plan.bind`), in the place of both.
        plan: the plan; left out if it is bound.
        folder: where to; it is made if it is not there. What an interrupted call left there is
            kept, if its arguments were the same.
        options: what to write, and how.
        start: first draw number.
        stop: draw number to stop before; by default the plan's ``draws``.
        overwrite: whether another export in the folder may go.
        jobs: how many processes write shards, this one among them.
        report: called now and then with the progress.

    Raises:
        PlanError: another manifest.
        ColumnError: no such column.
        UsageError: options that cannot be met, or an input that would be replaced.
        ManifestError: a damaged manifest, or a list of classes that cannot be read.
        SampleFileError: an image that cannot be used, unless those are skipped.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> manifest = bundled_manifest()
        >>> plan = make_plan(manifest, groupby="folder", weighting="square root")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [shard] = export_tfrecord(plan.bind(manifest), folder=folder).shards
        >>> shard.groups
        (42, 107, 31)
    """
    folder = local_path(folder, "folder")
    bound = manifest if isinstance(manifest, BoundPlan) and plan is None else None
    if bound is None:
        if not isinstance(plan, Plan):
            raise UsageError("is missing", parameter="plan", advice="make one with make_plan")
        bound = as_bound(plan, manifest)
    if options is not None:
        check_apart(options.labels, folder)
    export = plan_export(bound, options, start=start, stop=stop)
    return write_export(export, folder, overwrite=overwrite, jobs=jobs, report=report)


def write_export(
    export: ExportPlan,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    inputs: Sequence[Place] = (),
    jobs: int = 1,
    workers: Workers | None = None,
    report: Report | None = None,
) -> ExportResult:
    """Write an export, or what is missing of it.

    Args:
        export: the plan of the export.
        folder: where to; it is made if it is not there.
        overwrite: whether another export in the folder may go.
        inputs: files beside the manifest and its images that must not be written over.
        jobs: how many processes write shards, this one among them.
        workers: those that have been started already, if any have; in the end they are closed.
        report: called now and then.

    Raises:
        SampleFileError: an image that cannot be used, unless those are skipped.
        UsageError: a file of the folder that would be replaced is an input.
        OutputError: the folder holds something else, or cannot be written. All shards that were
            finished stay, and the same call goes on after them.

    Example:
        >>> import tempfile
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> from .planning import plan_export
        >>> manifest = bundled_manifest()
        >>> export = plan_export(make_plan(manifest, groupby="folder").bind(manifest))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_export(export, folder).records
        180
    """
    path = local_path(folder, "folder")
    # In this order, so that no process makes a file in a folder that has been swept.
    with (
        _reported(path),
        contextlib.closing(workers or Workers()) as workers,
        locked(path) as export_folder,
    ):
        state = state_of(export, export_folder, overwrite, inputs)
        try:
            return _write(export, export_folder, state, jobs, workers, report)
        finally:
            with contextlib.suppress(OSError):
                export_folder.sweep()


@contextlib.contextmanager
def _reported(path: str) -> Iterator[None]:
    """Turn what the system says of a folder into the error of this package."""
    try:
        yield
    except IsADirectoryError as error:
        raise OutputError(
            "cannot be written: it is a folder",
            path=error.filename2 or error.filename,
            advice="move it away",
        ) from error
    except OSError as error:
        raise OutputError(
            f"cannot be written to: {reason_of(error)}",
            path=path,
            advice="the finished shards stay, and the same export goes on after them",
        ) from error


def write_stream(export: ExportPlan, stream: BinaryIO) -> ShardRecord:
    """Write all records of an export to one stream, as if there were one shard.

    Raises:
        UsageError: several splits.
        SampleFileError: an image that cannot be used, unless those are skipped.
        OSError: it cannot be written.
    """
    if export.options.split_column is not None:
        raise UsageError("is for a folder, not for one stream", parameter="split_column")
    spec = ShardSpec("-", export.shards[0].start, export.shards[-1].stop)
    digest = Digest(stream, sha256=export.options.sha256)
    # A thread that waits for who reads the stream could not be interrupted.
    return write_shard(export.samples, spec, digest, export.options.compression, thread=False)


def _write(
    export: ExportPlan,
    folder: ExportFolder,
    state: State,
    jobs: int,
    workers: Workers,
    report: Report | None,
) -> ExportResult:
    kept_shards = [one for one in state.shards if export.samples.skip or not one.skipped]
    done = {shard.name: shard for shard in kept_shards if folder.is_intact(shard)}
    kept = len(done)
    left = [shard for shard in export.shards if shard.name not in done]
    if state.finished and not left:
        result = _result(export, folder, done, kept)
        files = files_of(export, result)
        files[EXPORT] = export_json(export, result, files)
        if all(folder.holds(name, content) for name, content in files.items()):
            return result
    begun = State(export.digest, False, export.names(), state.replaced, list(done.values()))
    if not left:
        folder.begin(begun)
    draws = sum(shard.stop - shard.start for shard in done.values())
    size = 0

    def tell(records: int, count: int) -> None:
        nonlocal draws, size
        draws += records
        size += count
        if report is not None:
            report(Progress(draws, export.draws, size, len(done), len(export.shards), kept))

    def finished(part: str, shard: ShardRecord) -> None:
        if len(done) == kept:  # what the folder holds stays until there is something new
            folder.begin(begun)
        folder.finish_shard(part, shard)
        done[shard.name] = shard
        tell(0, 0)

    tell(0, 0)
    workers.start(min(jobs, len(left)) - 1)
    job = Job(export.samples, folder.path, export.options.compression)
    ShardPool(job, tell, finished).write(left, workers)
    result = _result(export, folder, done, kept)
    files = files_of(export, result)
    for name, content in files.items():
        folder.write(name, content)
    names = [*(shard.name for shard in export.shards), *files]
    folder.end(
        export_json(export, result, files), State(export.digest, True, names, state.replaced)
    )
    return result


def state_of(
    export: ExportPlan, folder: ExportFolder, overwrite: bool, inputs: Sequence[Place] = ()
) -> State:
    """Read what of an export is in a folder already.

    Args:
        export: the plan of the export.
        folder: the folder, locked.
        overwrite: whether another export in it may go.
        inputs: as for `write_export`.

    Raises:
        UsageError: an input would be replaced or removed.
        OutputError: it holds something else.
    """
    state = folder.state()
    _refuse_inputs(export, folder, state, inputs)
    if state.digest == export.digest and not (state.finished and overwrite):
        return state
    advice = f"choose another {argument('folder')}, or pass {argument('overwrite', True)}"
    # A run that failed before its first shard was finished is no reason to refuse the next.
    begun = state.digest is not None and (state.finished or state.shards)
    if begun and not overwrite:
        which = "another export" if state.finished else "an unfinished export"
        which += ", of another plan, manifest or options"
        if state.digest == UNREADABLE:
            which = f"an {EXPORT} that is damaged, or of another program"
        raise OutputError(f"holds {which}", path=folder.path, advice=advice)
    taken = folder.taken(export.names()) if state.digest is None else []
    if taken and not overwrite:
        reason = f"has {listed(taken, 3)} already, but no {EXPORT} that shows who wrote them"
        raise OutputError(reason, path=folder.path, advice=advice)
    return State(export.digest, False, (), [*state.names, *state.replaced])


def _refuse_inputs(
    export: ExportPlan, folder: ExportFolder, state: State, inputs: Sequence[Place]
) -> None:
    """Refuse to replace or remove what the export is made from.

    Images are looked at only where the folder has files that no export of ours is known to have
    written: a shard that has been is no image.
    """
    names = {*export.names(), *state.names, *state.replaced}
    taken = folder.taken(names) + folder.parts()
    outputs = [Place("folder", os.path.join(folder.path, name)) for name in taken]
    refuse_overlaps(
        outputs, [*(Place("manifest", path, _MANIFEST) for path in export.paths), *inputs]
    )
    if outputs and state.digest in (None, UNREADABLE):
        images = export.samples.image_files()
        refuse_overlaps(outputs, (Place("image_column", path, _IMAGE) for path in images))


def _result(
    export: ExportPlan, folder: ExportFolder, done: dict[str, ShardRecord], kept: int
) -> ExportResult:
    splits = tuple(
        SplitShards(name, tuple(done[shard.name] for shard in shards))
        for name, shards in export.splits.items()
    )
    return ExportResult(folder.path, export.digest, splits, kept)


def check_folder(
    export: ExportPlan,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    inputs: Sequence[Place] = (),
) -> None:
    """Refuse a folder that `write_export` would refuse; nothing is made or written.

    Args:
        export: the plan of the export.
        folder: where it would go.
        overwrite: whether another export in the folder could go.
        inputs: as for `write_export`.

    Raises:
        UsageError: an input would be replaced.
        OutputError: the folder holds something else, is being written, or cannot be made.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> from .planning import plan_export
        >>> manifest = bundled_manifest()
        >>> export = plan_export(make_plan(manifest, groupby="folder").bind(manifest))
        >>> check_folder(export, "not/there/yet")
        >>> os.path.exists("not")
        False
    """
    path = local_path(folder, "folder")
    paths = (path, *map(str, Path(path).parents))
    above = next(filter(os.path.lexists, paths), path)
    makes = os.path.isdir(above) and os.access(above, os.W_OK | os.X_OK)
    if makes and above != path:
        return
    # Where no folder can be made, this says why.
    with _reported(path), locked(path) as export_folder:
        state_of(export, export_folder, overwrite, inputs)
