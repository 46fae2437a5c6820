"""The options of `export-tfrecord` alone: what is in the records, and where they go."""

from __future__ import annotations

from dataclasses import dataclass, replace

from brevetti_sample.arguments import MAX_PIXELS, TRAIN

from .declaration import COLUMN, COLUMNS, option, option_like
from .sampling import COUNT, OUTPUT, Output
from .values import FOLDER, LABELS, number

RECORDS = "Records"
"""A heading of the help."""
_COUNT = replace(COUNT, bounds="")


@dataclass(frozen=True, eq=False)
class Records:
    """What is in the records."""

    columns: list[str] | None = option(
        "-c",
        metavar=COLUMNS,
        help="The manifest's columns to write; all if not given.",
        panel=RECORDS,
    )
    image_column: str | None = option(
        metavar=COLUMN,
        help="The column with the paths of images, which are copied as they are; '' for none.",
        panel=RECORDS,
        nothing="no images",
        configurable=True,
    )
    image_root: str | None = option(
        kind=FOLDER,
        metavar="DIR",
        shown="the manifest's folder",
        help="Where paths of images start from.",
        panel=RECORDS,
        nothing="the manifest's folder",
        configurable=True,
        of="image_column",
    )
    label_column: str | None = option(
        metavar=COLUMN,
        help="The column with the class of each sample; '' for none.",
        panel=RECORDS,
        nothing="no labels",
        configurable=True,
    )
    label_offset: int = option(
        kind=number(0, 1),
        choices=("0", "1"),
        default=0,
        help="The number of the first class; 1 for the Object Detection API.",
        panel=RECORDS,
        configurable=True,
        of="label_column",
    )
    labels: str | None = option(
        kind=LABELS,
        metavar="A,B,...|FILE|DIR",
        shown="those that the column has",
        help="All classes in the order of their numbers: names, a file with one name per line, or "
        "the folder of another export, to number them as it does.",
        panel=RECORDS,
        nothing="those that the column has",
        configurable=True,
        of="label_column",
    )
    max_pixels: int | None = option(
        kind=_COUNT,
        metavar="N",
        fallback=MAX_PIXELS,
        help="Refuse larger images.",
        panel=RECORDS,
        configurable=True,
        of="image_column",
    )
    on_error: str = option(
        choices=("fail", "skip"),
        default="fail",
        help="What to do with a sample that cannot be read; skipped ones are listed in a file.",
        panel=RECORDS,
    )
    sha256: bool = option(
        default=True,
        help="Hash each image and shard; without it CRC-32C guards them alone, which is faster.",
        panel=RECORDS,
    )


@dataclass(frozen=True, eq=False)
class Shards:
    """Where the records go."""

    output: str = option_like(
        Output,
        "output",
        kind=FOLDER,
        metavar="DIR",
        default="tfrecord",
        help="The folder to write; - for one TFRecord stream on standard output.",
        parameter="folder",
    )
    shards: int | None = option(
        kind=_COUNT,
        metavar="N",
        help="How many; splits that are not drawn have shards of about as many records, but at "
        "most N.",
        panel=OUTPUT,
    )
    shard_size: str | None = option(
        metavar="SIZE",
        shown="256MiB",
        help="About how large.",
        panel=OUTPUT,
        parameter="shard_bytes",
    )
    name: str = option(metavar="NAME", default="samples", help="Of the data set.", panel=OUTPUT)
    split: str = option(
        metavar="NAME",
        default=TRAIN,
        help="Of the data set, if no column has the splits.",
        panel=OUTPUT,
    )
    compression: str = option(
        choices=("none", "gzip"),
        default="none",
        help="TensorFlow Datasets cannot open compressed shards; the others can.",
        panel=OUTPUT,
    )
    overwrite: bool = option(
        default=False, help="Replace another export in the folder.", panel=OUTPUT
    )
    dry_run: bool = option(
        default=False,
        help="Only list what would be written, or tell what is in the way.",
        panel=OUTPUT,
    )
    jobs: int | None = option(
        "-j",
        kind=COUNT,
        metavar="N",
        shown="as many as cores, if there is much to do",
        help="How many processes write.",
        panel=OUTPUT,
    )
