"""`brevetti-sample export-tfrecord`: shards of drawn samples."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SkippedError, UsageError, listed
from . import console
from . import options as o
from .inputs import load
from .output import opened, standard_output

if TYPE_CHECKING:
    from ..tfrecord.options import ExportOptions
    from ..tfrecord.planning import ExportPlan
    from ..tfrecord.shard import ShardRecord

_OUTPUT, _RECORDS = "Output", "Records"

_Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        "-c",
        metavar="COLUMN,...",
        show_default=False,
        help="The manifest's columns to write; all if not given.",
        rich_help_panel=_RECORDS,
    ),
]
_ImageColumn = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        show_default=False,
        help="The column with the paths of images, which are copied as they are; '' for none.",
        rich_help_panel=_RECORDS,
    ),
]
_ImageRoot = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        show_default="the manifest's folder",
        help="Where paths of images start from.",
        rich_help_panel=_RECORDS,
    ),
]
_LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        show_default=False,
        help="The column with the class of each sample; '' for none.",
        rich_help_panel=_RECORDS,
    ),
]
_LabelOffset = Annotated[
    int,
    typer.Option(
        metavar="0|1",
        help="The number of the first class; 1 for the Object Detection API.",
        rich_help_panel=_RECORDS,
    ),
]
_MaxPixels = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        show_default="100000000",
        help="Refuse larger images.",
        rich_help_panel=_RECORDS,
    ),
]
_OnError = Annotated[
    str,
    typer.Option(
        metavar="fail|skip",
        help="What to do with a sample that cannot be read; skipped ones are listed in a file.",
        rich_help_panel=_RECORDS,
    ),
]
_Sha256 = Annotated[
    bool,
    typer.Option(
        "--sha256/--no-sha256",
        help="Hash each image and shard; without it CRC-32C guards them alone, which is faster.",
        rich_help_panel=_RECORDS,
    ),
]
_Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The folder to write; - for one TFRecord stream on standard output.",
        rich_help_panel=_OUTPUT,
    ),
]
_Shards = Annotated[
    int | None,
    typer.Option(metavar="N", show_default=False, help="How many.", rich_help_panel=_OUTPUT),
]
_ShardSize = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", show_default="256MiB", help="About how large.", rich_help_panel=_OUTPUT
    ),
]
_Name = Annotated[
    str, typer.Option(metavar="NAME", help="Of the data set.", rich_help_panel=_OUTPUT)
]
_Split = Annotated[
    str, typer.Option(metavar="NAME", help="Of the data set.", rich_help_panel=_OUTPUT)
]
_Compression = Annotated[
    str,
    typer.Option(
        metavar="none|gzip",
        help="TensorFlow Datasets cannot open compressed shards; the others can.",
        rich_help_panel=_OUTPUT,
    ),
]
_Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace another export in the folder.", rich_help_panel=_OUTPUT
    ),
]
_DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only list what would be written.", rich_help_panel=_OUTPUT),
]
_Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        show_default="what the cores can bear, if there is much to do",
        help="How many processes write.",
        rich_help_panel=_OUTPUT,
    ),
]


def export_tfrecord(
    manifest: o.ManifestArgument = None,
    groupby: o.GroupbyOption = None,
    weighting: o.WeightingOption = None,
    weights: o.WeightsOption = None,
    seed: o.SeedOption = None,
    stream: o.StreamOption = None,
    shuffle: o.ShuffleOption = None,
    repeat: o.RepeatOption = None,
    batch_size: o.BatchSizeOption = None,
    plan_file: o.PlanOption = None,
    draws: o.DrawsOption = None,
    batches: o.BatchesOption = None,
    epochs: o.EpochsOption = None,
    start: o.StartOption = 0,
    columns: _Columns = None,
    image_column: _ImageColumn = None,
    image_root: _ImageRoot = None,
    label_column: _LabelColumn = None,
    label_offset: _LabelOffset = 0,
    max_pixels: _MaxPixels = None,
    on_error: _OnError = "fail",
    sha256: _Sha256 = True,
    output: _Output = "tfrecord",
    shards: _Shards = None,
    shard_size: _ShardSize = None,
    name: _Name = "samples",
    split: _Split = "train",
    compression: _Compression = "none",
    overwrite: _Overwrite = False,
    dry_run: _DryRun = False,
    jobs: _Jobs = None,
    quiet: o.QuietOption = False,
    debug: o.DebugOption = False,
) -> None:
    """Write drawn samples as TFRecord shards, which load elsewhere without code.

    The same command goes on where an interrupted one stopped.

    Example: brevetti-sample export-tfrecord -g folder -w 'square root' -o out
    """
    console.be_quiet(quiet)
    sampling = o.Sampling(
        groupby, weighting, weights, seed, stream, shuffle, repeat, batch_size, plan_file
    )
    span = o.Range(draws, batches, epochs, start)
    if output == "-" and (shards is not None or shard_size is not None or overwrite):
        raise UsageError("standard output is one stream: leave out --shards and --overwrite")
    if output == "-" and not dry_run and standard_output().isatty():
        raise UsageError("TFRecords are not for a terminal; say where to write them with -o DIR")

    from ..tfrecord.images import MAX_PIXELS
    from ..tfrecord.options import ExportOptions, parse_bytes
    from ..tfrecord.planning import plan_export

    def options(root: str) -> ExportOptions:
        return ExportOptions(
            name=name,
            split=split,
            shards=1 if output == "-" else shards,
            shard_bytes=None if shard_size is None else parse_bytes(shard_size),
            compression=compression,
            columns=o.split_columns(columns),
            image_column=image_column or None,
            image_root=root,
            label_column=label_column or None,
            label_offset=label_offset,
            max_pixels=MAX_PIXELS if max_pixels is None else max_pixels,
            on_error=on_error,
            sha256=sha256,
        )

    options(".")  # an option that makes no sense is told before the manifest is read
    opened_manifest, _, made = load(manifest, sampling, span, fingerprint=True)
    root = opened_manifest.folder if image_root is None else image_root
    export = plan_export(opened_manifest, made, options(root), start=start)
    if dry_run:
        if output != "-":
            from ..tfrecord.dry_run import check_folder

            check_folder(export, output, overwrite=overwrite)
        _list(export)
        return
    changes: dict[str, list[str]] = {}
    for feature in export.samples.features():
        changes.setdefault(feature.change, []).append(feature.name)
    for change, names in changes.items():
        if change:
            console.say(f"{listed(names)}: {change}")
    written = _to_stream(export) if output == "-" else _to_folder(export, output, overwrite, jobs)
    skipped = [one for shard in written for one in shard.skipped]
    if skipped:
        if output == "-":
            where = f"the first: {skipped[0].reason}"
        else:
            where = f"they are listed in {os.path.join(output, 'skipped.jsonl')}"
        raise SkippedError(f"{len(skipped)} of {export.draws} samples were skipped; {where}")


def _list(export: ExportPlan) -> None:
    """List the shards that would be written."""
    with opened("-") as sink:
        sink.write(b"file,draws,about_bytes\n")
        for shard, size in zip(export.shards, export.about_bytes(), strict=True):
            sink.write(f"{shard.name},{shard.stop - shard.start},{size}\n".encode())


def _to_stream(export: ExportPlan) -> tuple[ShardRecord, ...]:
    from ..tfrecord.export import write_stream

    with opened("-") as sink:
        return (write_stream(export, sink),)


def _to_folder(
    export: ExportPlan, output: str, overwrite: bool, jobs: int | None
) -> tuple[ShardRecord, ...]:
    from ..tfrecord.export import write_export
    from .progress import ProgressLine

    if jobs is None:
        # Of fewer bytes a process, starting it takes longer than it saves: images are little more
        # than copied, and that by threads, which keep two cores busy.
        worth, cores = (1 << 30, 2) if export.samples.paths is not None else (64 << 20, 1)
        most = max(1, (os.cpu_count() or 1) // cores)
        jobs = min(most, 1 + sum(export.about_bytes()) // worth)
    line = ProgressLine()
    try:
        result = write_export(export, output, overwrite=overwrite, jobs=jobs, report=line.show)
    except (KeyboardInterrupt, SystemExit):
        line.clear()
        console.say(
            f"{line.shards} of {len(export.shards)} shards are finished and kept in {output}; the "
            "same command goes on after them"
        )
        raise
    finally:
        line.clear()
    kept = f", {result.kept} of them from before" if result.kept else ""
    console.say(
        f"{console.counted(result.records, 'record')}, {result.bytes:,} bytes in "
        f"{console.counted(len(result.shards), 'shard')}{kept}: {output}"
    )
    if any(shard.skipped for shard in result.shards) and result.kept == len(result.shards):
        console.say("what was skipped before is not tried again; --overwrite does")
    return result.shards
