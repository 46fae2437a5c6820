"""The options of an export: frozen, and checked when they are made."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from brevetti_sample.arguments import MAX_PIXELS
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.files.local_path import local_path
from brevetti_sample.messages import quoted

COMPRESSIONS = ("none", "gzip")
ON_ERROR = ("fail", "skip")
SHARD_BYTES = 256 << 20
"""About how large shards are by default."""
MOST_SHARDS = 99_999
_LONGEST_NAME = 80  # so that file names stay below 255 bytes
_IDENTIFIER = re.compile("[A-Za-z][A-Za-z0-9_]*")
_IDENTIFIERS = (
    f"use letters, digits and underscores, a letter first, at most {_LONGEST_NAME} of them"
)
_ALL = "all"  # which means all splits in TensorFlow Datasets
SPLIT_NAME = f"{_IDENTIFIERS}, and not {quoted(_ALL)}"
"""What to do about a name that `is_split_name` refuses."""
_SIZE = re.compile("([0-9]+(?:[.][0-9]+)?) *(?:([kmgt])(i?))?b?", re.IGNORECASE)


@dataclass(frozen=True)
class ExportOptions:
    """The options of an export.

    Attributes:
        name: of the data set, an identifier.
        split: of the data set, an identifier.
        shards: how many; None for as many as ``shard_bytes`` makes.
        shard_bytes: about how large shards are, if ``shards`` is None.
        compression: one of `COMPRESSIONS`.
        columns: the manifest's columns to write; None for all.
        image_column: the column with the images' paths; None for no images.
        image_root: the folder that relative paths start from.
        label_column: the column with the class of each sample; None for none.
        label_offset: the number of the first class, 0 or 1.
        labels: all classes in the order of their numbers, as `read_labels` takes them: names, the
            path of a file of names, or of another export; None for the list of the plan, else
            for the classes that the label column has.
        split_column: the column with the split of each sample: the plan must draw from one of
            its values, and the rows of all others are written too, each once, in the order of the
            manifest; None for one split.
        max_pixels: images of more are refused.
        on_error: one of `ON_ERROR`: what to do with a sample that cannot be read.
        sha256: whether to hash images and shards; without it CRC-32C guards them alone.

    Raises:
        UsageError: a value that makes no sense, or two that exclude each other.

    Example:
        >>> ExportOptions(name="digits", shards=4).described
        True
    """

    name: str = "samples"
    split: str = "train"
    shards: int | None = None
    shard_bytes: int | None = None
    compression: str = "none"
    columns: Sequence[str] | None = None
    image_column: str | None = None
    image_root: str = "."
    label_column: str | None = None
    label_offset: int = 0
    labels: Sequence[str] | str | os.PathLike[str] | None = None
    split_column: str | None = None
    max_pixels: int = MAX_PIXELS
    on_error: str = "fail"
    sha256: bool = True

    def __post_init__(self) -> None:
        local_path(self.image_root, "image_root")
        for name, value in (("name", self.name), ("split", self.split)):
            if not _is_identifier(value):
                raise UsageError(
                    f"must be an identifier, not {quoted(value)}",
                    parameter=name,
                    advice=_IDENTIFIERS,
                )
        if self.split == _ALL:
            raise UsageError(
                "must not be 'all', which means all splits in TensorFlow Datasets",
                parameter="split",
            )
        for name, value, choices in (
            ("compression", self.compression, COMPRESSIONS),
            ("on_error", self.on_error, ON_ERROR),
        ):
            if value not in choices:
                raise UsageError.unknown(name, value, choices)
        if self.shards is not None and self.shard_bytes is not None:
            raise UsageError(
                f"{argument('shards')} and {argument('shard_bytes')} exclude each other"
            )
        if self.shards is not None and not 1 <= self.shards <= MOST_SHARDS:
            reason = f"must be from 1 to {MOST_SHARDS}, not {self.shards}"
            raise UsageError(reason, parameter="shards")
        if self.shard_bytes is not None and self.shard_bytes < 1:
            raise UsageError("must be at least 1 byte", parameter="shard_bytes")
        if self.label_offset not in (0, 1):
            reason = f"must be 0 or 1, not {self.label_offset}"
            raise UsageError(reason, parameter="label_offset")
        if self.label_column is None and (self.label_offset or self.labels is not None):
            raise UsageError(
                f"needs {argument('label_column')}, the column with the classes",
                parameter="label_offset" if self.label_offset else "labels",
            )
        if self.max_pixels < 1:
            reason = f"must be at least 1, not {self.max_pixels}"
            raise UsageError(reason, parameter="max_pixels")
        if self.image_column is not None and self.image_column == self.label_column:
            both = f"{argument('image_column')} and {argument('label_column')}"
            raise UsageError(f"{both} must be two columns")

    @property
    def described(self) -> bool:
        """Whether TensorFlow Datasets can open the folder: it reads no compressed records."""
        return self.compression == "none"

    def shard_name(self, split: str, number: int, count: int) -> str:
        """The file name of a shard.

        Example:
            >>> ExportOptions().shard_name("train", 0, 4)
            'samples-train.tfrecord-00000-of-00004'
        """
        suffix = ".gz" if self.compression == "gzip" else ""
        return f"{self.name}-{split}.tfrecord-{number:05d}-of-{count:05d}{suffix}"


def is_split_name(text: str) -> bool:
    """Whether TensorFlow Datasets, and a file name, can have it as the name of a split.

    Example:
        >>> [is_split_name(text) for text in ("test", "test-1", "all")]
        [True, False, False]
    """
    return _is_identifier(text) and text != _ALL


def _is_identifier(text: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(text)) and len(text) <= _LONGEST_NAME


def parse_bytes(text: str) -> int:
    """Read a number of bytes with a unit.

    Args:
        text: such as "256MiB" (of 1024 each), "1.5GB" (of 1000 each) or "100000".

    Raises:
        UsageError: anything else, or less than a byte.

    Example:
        >>> parse_bytes("256MiB"), parse_bytes("2 kB"), parse_bytes("7")
        (268435456, 2000, 7)
    """
    found = _SIZE.fullmatch(text.strip())
    if found:
        number, unit, binary = found.groups()
        power = " kmgt".index((unit or " ").lower())
        size = float(number) * (1024 if binary else 1000) ** power
        if 1 <= size < math.inf:
            return int(size)
    raise UsageError(
        f"{quoted(text)} is not a size", parameter="shard_bytes", advice="write it as 256MiB or 1GB"
    )
