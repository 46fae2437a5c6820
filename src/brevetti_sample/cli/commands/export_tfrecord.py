"""`brevetti-sample export-tfrecord`: shards of drawn samples."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from brevetti_sample.cli.inputs import load
from brevetti_sample.cli.options.declaration import filled
from brevetti_sample.cli.options.export import Records, Shards
from brevetti_sample.cli.options.paths import kept_inputs
from brevetti_sample.cli.options.sampling import (
    Messages,
    Range,
    Sampling,
    Source,
    split_columns,
)
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.outcome import begun, is_complete
from brevetti_sample.cli.screen.output import opened, standard_output
from brevetti_sample.concurrency import cores
from brevetti_sample.errors import OutputError, SkippedError, UsageError
from brevetti_sample.messages import listed, printable
from brevetti_sample.tfrecord.writing.workers import Workers

if TYPE_CHECKING:
    from brevetti_sample.tfrecord.export.contents import ExportResult
    from brevetti_sample.tfrecord.export.planning import ExportPlan
    from brevetti_sample.tfrecord.writing.options import ExportOptions
    from brevetti_sample.tfrecord.writing.shard import ShardRecord

_SHOWN_SPLITS = 5


def export_tfrecord(
    source: Source,
    sampling: Sampling,
    span: Range,
    records: Records,
    out: Shards,
    messages: Messages,
) -> None:
    """Write drawn samples as TFRecord shards, which load elsewhere without code.

    The same command goes on where an interrupted one stopped.

    Example: brevetti-sample export-tfrecord -g folder -w 'square root' -o out
    """
    console.be_quiet(messages.quiet)
    output, shard_size = out.output, out.shard_size
    if output == "-" and (out.shards is not None or shard_size is not None or out.overwrite):
        raise UsageError("standard output is one stream: leave out --shards and --overwrite")
    if output == "-" and sampling.split_column is not None:
        raise UsageError("standard output is one stream: leave out --split-column")
    if output == "-" and not out.dry_run and standard_output().isatty():
        raise UsageError("TFRecords are not for a terminal; say where to write them with -o DIR")

    to_folder = output != "-" and not out.dry_run
    jobs, images = out.jobs if to_folder else 1, bool(records.image_column)
    early = started(source.manifest, jobs, images=images)
    with contextlib.closing(early) as workers:
        from brevetti_sample.tfrecord.export.planning import plan_export
        from brevetti_sample.tfrecord.writing.class_list import check_apart, read_labels
        from brevetti_sample.tfrecord.writing.options import ExportOptions, parse_bytes

        labels: Sequence[str] | str | None = records.labels

        def options(root: str) -> ExportOptions:
            return ExportOptions(
                name=out.name,
                split=out.split,
                shards=1 if output == "-" else out.shards,
                shard_bytes=None if shard_size is None else parse_bytes(shard_size),
                compression=out.compression,
                columns=split_columns(records.columns),
                image_column=records.image_column or None,
                image_root=root,
                label_column=records.label_column or None,
                label_offset=records.label_offset,
                labels=labels,
                split_column=sampling.split_column,
                max_pixels=filled(records)["max_pixels"],
                on_error=records.on_error,
                sha256=records.sha256,
            )

        options(".")  # before the manifest is read, to refuse what makes no sense
        if labels is not None:
            if output != "-":
                check_apart(labels, output)
            labels = read_labels(labels, records.label_offset)
        bound = load(source.manifest, sampling, span, fingerprint=True)
        root = bound.manifest.folder if records.image_root is None else records.image_root
        export = plan_export(bound, options(root), start=span.start)
        if out.dry_run:
            if output != "-":
                from brevetti_sample.tfrecord.export.export import check_folder

                check_folder(export, output, overwrite=out.overwrite, inputs=kept_inputs())
            _list(export)
            return
        _say_changes(export)
        _say_split(export)
        written = _to_stream(export) if output == "-" else _to_folder(export, out, workers)
    skipped = [one for shard in written for one in shard.skipped]
    if skipped:
        if output == "-":
            where = f"the first: {skipped[0].reason}"
        else:
            where = f"they are listed in {os.path.join(output, 'skipped.jsonl')}"
        raise SkippedError(f"{len(skipped)} of {export.draws} samples were skipped; {where}")


def _say_changes(export: ExportPlan) -> None:
    """Say what the features' types lose."""
    changes: dict[str, list[str]] = {}
    for feature in export.samples.features():
        changes.setdefault(feature.change, []).append(feature.name)
    for change, names in changes.items():
        if change:
            console.say(f"{listed(names)}: {change}")


def _say_split(export: ExportPlan) -> None:
    """Say that a plan draws from one split, and the others are not written."""
    where = export.samples.plan.where
    if where is not None and export.options.split_column is None:
        column = printable(where[0])
        console.say(f"the other splits are not written; --split-column {column} does that")


def _list(export: ExportPlan) -> None:
    """List the shards that would be written."""
    with opened("-") as sink:
        sink.write(b"file,draws,about_bytes\n")
        for shard, size in zip(export.shards, export.about_bytes(), strict=True):
            sink.write(f"{shard.name},{shard.stop - shard.start},{size}\n".encode())


def _to_stream(export: ExportPlan) -> tuple[ShardRecord, ...]:
    from brevetti_sample.tfrecord.export.export import write_stream

    with opened("-") as sink:
        return (write_stream(export, sink),)


def _to_folder(export: ExportPlan, out: Shards, workers: Workers) -> tuple[ShardRecord, ...]:
    from brevetti_sample.cli.screen.progress import ProgressLine
    from brevetti_sample.tfrecord.export.export import write_export

    output = out.output
    line = ProgressLine()

    def left() -> str:
        what = f"{line.shards} of {len(export.shards)} shards are finished and kept in {output}"
        return f"{what}; the same command goes on after them" if line.shards else ""

    try:
        with begun(left):
            result = write_export(
                export,
                output,
                overwrite=out.overwrite,
                inputs=kept_inputs(),
                jobs=out.jobs or jobs_of(export),
                workers=workers,
                report=line.show,
            )
        is_complete(output)
    finally:
        line.clear()
    kept = f", {result.kept} of them from before" if result.kept else ""
    console.say(
        f"{console.quantity(result.records, 'record')}{_of_splits(result)}, {result.bytes:,} "
        f"bytes in {console.quantity(len(result.shards), 'shard')}{kept}: {output}"
    )
    if any(shard.skipped for shard in result.shards) and result.kept == len(result.shards):
        console.say("what was skipped before is not tried again; --overwrite does")
    return result.shards


def _of_splits(result: ExportResult) -> str:
    """How many records the splits have, in brackets; of many, the first."""
    if len(result.splits) == 1:
        return ""
    shown = [f"{split.name} {split.records:,}" for split in result.splits[:_SHOWN_SPLITS]]
    more = len(result.splits) - len(shown)
    return f" ({', '.join(shown)}{f' and {more} more' if more else ''})"


# Of fewer bytes a process, starting it takes longer than it saves.
_WORTH_BYTES = 64 << 20


# Of some thousand rows, their images most likely have as many.
_WORTH_MANIFEST_BYTES = 64 << 10


def started(manifests: Sequence[str] | None, jobs: int | None, *, images: bool) -> Workers:
    """Start the processes that are needed, or will most likely be, while this one imports.

    Args:
        manifests: the argument.
        jobs: the option.
        images: whether the export has images.

    Returns:
        The processes, to be closed: none, or those beside this one.

    Example:
        >>> with contextlib.closing(started(["-"], None, images=True)) as workers:
        ...     len(workers.all)
        0
    """
    workers = Workers()
    count = min(jobs or 1, cores())  # the rest, once it is known how many shards there are
    with contextlib.suppress(OSError, ValueError):  # whoever opens it says why it cannot
        size = sum(os.stat(path).st_size for path in manifests or ())
        if jobs is None and images and size > _WORTH_MANIFEST_BYTES:
            count = min(2, cores())
    with contextlib.suppress(OutputError):  # raised again once they are needed
        workers.start(count - 1)
    return workers


def jobs_of(export: ExportPlan) -> int:
    """How many processes to write an export with, of which each has enough to do.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> from brevetti_sample.tfrecord.export.planning import plan_export
        >>> manifest = bundled_manifest()
        >>> jobs_of(plan_export(make_plan(manifest, groupby="folder").bind(manifest)))
        1
    """
    return min(cores(), 1 + sum(export.about_bytes()) // _WORTH_BYTES)
