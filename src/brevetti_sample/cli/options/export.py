"""The options of `export-tfrecord` alone: what is in the records, and where they go."""

from __future__ import annotations

from typing import Annotated

import typer

_OUTPUT, _RECORDS = "Output", "Records"

ColumnsOption = Annotated[
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
ImageColumnOption = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        show_default=False,
        help="The column with the paths of images, which are copied as they are; '' for none.",
        rich_help_panel=_RECORDS,
    ),
]
ImageRootOption = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        show_default="the manifest's folder",
        help="Where paths of images start from.",
        rich_help_panel=_RECORDS,
    ),
]
LabelColumnOption = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        show_default=False,
        help="The column with the class of each sample; '' for none.",
        rich_help_panel=_RECORDS,
    ),
]
LabelOffsetOption = Annotated[
    int,
    typer.Option(
        metavar="0|1",
        help="The number of the first class; 1 for the Object Detection API.",
        rich_help_panel=_RECORDS,
    ),
]
MaxPixelsOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        show_default="100000000",
        help="Refuse larger images.",
        rich_help_panel=_RECORDS,
    ),
]
OnErrorOption = Annotated[
    str,
    typer.Option(
        metavar="fail|skip",
        help="What to do with a sample that cannot be read; skipped ones are listed in a file.",
        rich_help_panel=_RECORDS,
    ),
]
Sha256Option = Annotated[
    bool,
    typer.Option(
        "--sha256/--no-sha256",
        help="Hash each image and shard; without it CRC-32C guards them alone, which is faster.",
        rich_help_panel=_RECORDS,
    ),
]
OutputOption = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The folder to write; - for one TFRecord stream on standard output.",
        rich_help_panel=_OUTPUT,
    ),
]
ShardsOption = Annotated[
    int | None,
    typer.Option(metavar="N", show_default=False, help="How many.", rich_help_panel=_OUTPUT),
]
ShardSizeOption = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", show_default="256MiB", help="About how large.", rich_help_panel=_OUTPUT
    ),
]
NameOption = Annotated[
    str, typer.Option(metavar="NAME", help="Of the data set.", rich_help_panel=_OUTPUT)
]
SplitOption = Annotated[
    str, typer.Option(metavar="NAME", help="Of the data set.", rich_help_panel=_OUTPUT)
]
CompressionOption = Annotated[
    str,
    typer.Option(
        metavar="none|gzip",
        help="TensorFlow Datasets cannot open compressed shards; the others can.",
        rich_help_panel=_OUTPUT,
    ),
]
OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite", help="Replace another export in the folder.", rich_help_panel=_OUTPUT
    ),
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only list what would be written, or tell what is in the way.",
        rich_help_panel=_OUTPUT,
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        show_default="as many as cores, if there is much to do",
        help="How many processes write.",
        rich_help_panel=_OUTPUT,
    ),
]
