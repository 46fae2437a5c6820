"""The samples of an export: from draws to records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .._types import Int32Array
from ..arrow import from_numpy, from_texts
from ..errors import SampleFileError, UsageError, listed, printable
from ..grouping import Grouping, RowIndex
from ..manifest import Manifest
from ..plan import Plan
from ..stream import Draws, Stream
from .features import Feature, features_of, flatten
from .framing import framed_around, framed_examples
from .images import Image, ImageFolder
from .labels import Labels, make_labels
from .options import ExportOptions
from .wire import binary

IMAGE = "image/encoded"
_LABEL = "image/class/label"
_LABEL_TEXT = "image/class/text"
_BATCH_ROWS = 1 << 14
_BATCH_IMAGES = 1 << 10
_BATCH_BYTES = 8 << 20
_BATCH_IMAGE_BYTES = 32 << 20
_PROBED_DRAWS = 1000


@dataclass(frozen=True)
class Skipped:
    """A sample that could not be read and was left out.

    Attributes:
        draw: number of the draw.
        row: of the manifest.
        path: as the manifest has it.
        reason: what was wrong, and where.
    """

    draw: int
    row: int
    path: str | None
    reason: str


@dataclass(frozen=True)
class Batch:
    """Some consecutive draws as records.

    Attributes:
        parts: the framed records, one after the other.
        groups: int32 [records], the group of each.
        skipped: the samples that are not among them.
    """

    parts: Sequence[bytes | memoryview]
    groups: Int32Array
    skipped: Sequence[Skipped]


@dataclass(frozen=True)
class Samples:
    """All that records are made from. Made by `make_samples`; can be sent to other processes.

    Attributes:
        plan: the plan.
        table: the features of each row of the manifest but those of the image, flat.
        paths: the images' paths, or None for no images.
        folder: where they are.
        skip: whether to leave out samples that cannot be read.
        label_feature: the name of the feature with the number of the class, or None.
        class_names: the name of each number from 0 on; none without labels.
    """

    plan: Plan
    index: RowIndex
    table: pa.Table
    paths: pa.Array | None
    folder: ImageFolder
    skip: bool
    label_feature: str | None
    class_names: tuple[str, ...]

    def features(self) -> list[Feature]:
        """The features of the records, sorted by name."""
        table = self.table.slice(0, 0)
        if self.paths is not None:
            table = self._with_images(table, []).append_column(IMAGE, binary([]))
        return features_of(flatten(table).schema)

    def gaps(self) -> set[str]:
        """The names of the features that some rows have no value of."""
        columns = zip(self.table.column_names, self.table.columns, strict=True)
        return {name for name, column in columns if column.null_count}

    def batches(self, start: int, stop: int) -> Iterator[Batch]:
        """Make the records of the draws from ``start`` to before ``stop``.

        Raises:
            SampleFileError: an image that cannot be used, unless those are skipped.
        """
        mean = self.table.nbytes // max(self.table.num_rows, 1)
        size = max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(mean, 1)))
        for draws in Stream(self.plan, self.index).draws(start, stop):
            if self.paths is None:
                for at in range(0, len(draws), size):
                    table = self._rows(draws.row[at : at + size])
                    groups = draws.group[at : at + size]
                    yield Batch([framed_examples(table)[0]], groups, ())
            else:
                yield from self._image_batches(draws)

    def probe(self, start: int, stop: int) -> int:
        """Estimate the bytes of the records of a range, from up to 1,000 of its draws."""
        count = min(stop - start, _PROBED_DRAWS)
        # In whole runs: a single draw costs as much as a chunk of them.
        runs = range(start, stop, max(1, (stop - start) // 4))
        rows = np.concatenate(
            [
                draws.row
                for first in runs
                for draws in Stream(self.plan, self.index).draws(
                    first, min(first + -(-count // 4), stop)
                )
            ]
        )
        size = len(framed_examples(self._rows(rows))[0])
        if self.paths is not None:
            paths = self.paths.take(from_numpy(rows)).to_pylist()
            size += sum(map(self.folder.size, paths)) + 250 * len(paths)
        return size * (stop - start) // len(rows)

    def _rows(self, rows: Int32Array) -> pa.Table:
        """Take rows of the table; without columns there are none to take."""
        return self.table.take(from_numpy(rows)) if self.table.num_columns else self.table

    def _image_batches(self, draws: Draws) -> Iterator[Batch]:
        assert self.paths is not None
        paths = self.paths.take(from_numpy(draws.row)).to_pylist()
        images: list[Image] = []
        kept: list[int] = []
        skipped: list[Skipped] = []
        size = 0
        for at, path in enumerate(paths):
            try:
                image = self.folder.read(path)
            except SampleFileError as error:
                row = int(draws.row[at])
                if not self.skip:
                    raise SampleFileError(f"row {row}: {error}, or say --on-error skip") from None
                skipped.append(Skipped(draws.start + at, row, path, str(error)))
                continue
            images.append(image)
            kept.append(at)
            size += len(image.data)
            if size >= _BATCH_IMAGE_BYTES or len(images) == _BATCH_IMAGES:
                yield self._batch(draws, images, kept, skipped)
                images, kept, skipped, size = [], [], [], 0
        if images or skipped:
            yield self._batch(draws, images, kept, skipped)

    def _batch(
        self, draws: Draws, images: list[Image], kept: list[int], skipped: list[Skipped]
    ) -> Batch:
        places = np.array(kept, dtype=np.int64)
        table = self._rows(draws.row[places])
        parts = framed_around(self._with_images(table, images), IMAGE, [i.data for i in images])
        return Batch(parts, draws.group[places], skipped)

    def _with_images(self, table: pa.Table, images: Sequence[Image]) -> pa.Table:
        """Put the images' features beside the others, but for the images themselves."""
        headers = [image.header for image in images]
        columns = {
            "image/filename": from_texts(image.path for image in images),
            "image/format": from_texts(header.format for header in headers),
            "image/height": _integers([header.height for header in headers]),
            "image/width": _integers([header.width for header in headers]),
        }
        if self.folder.sha256:
            columns["image/key/sha256"] = from_texts(image.sha256 for image in images)
        arrays = [*table.columns, *columns.values()]
        return pa.Table.from_arrays(arrays, names=[*table.column_names, *columns])


def make_samples(
    manifest: Manifest, grouping: Grouping, plan: Plan, options: ExportOptions
) -> Samples:
    """Read what an export needs of a manifest.

    Args:
        manifest: the manifest.
        grouping: its rows by the plan's groupby.
        plan: the plan.
        options: the options.

    Raises:
        ColumnError: no such column.
        UsageError: a column that cannot be written, or features of one name.
        ManifestError: a damaged manifest.
    """
    special = [c for c in (options.image_column, options.label_column) if c is not None]
    chosen = list(manifest.columns if options.columns is None else options.columns)
    manifest.check(chosen)
    manifest.check(special)
    plain = [column for column in chosen if column not in special]
    table = manifest.read([*plain, *special])
    labels = None
    features = dict(zip(plain, table.columns[: len(plain)], strict=True))
    if options.label_column is not None:
        column = table.column(options.label_column)
        labels = make_labels(column, options.label_column, options.label_offset)
    label_feature = None
    if labels is not None:
        label_feature = labels.column if options.image_column is None else _LABEL
        own = {label_feature: from_numpy(labels.codes)}
        if options.image_column is not None:
            own[_LABEL_TEXT] = _class_texts(labels)
        _add(features, own)
    if not features and options.image_column is None:
        raise UsageError("there is nothing to write: name --columns, or an --image-column")
    flat = flatten(pa.table(features)).combine_chunks()
    paths = None
    if options.image_column is not None:
        paths = _paths(table.column(options.image_column), options.image_column)
    samples = Samples(
        plan,
        grouping.index(),
        flat,
        paths,
        ImageFolder(options.image_root, options.max_pixels, options.sha256),
        options.on_error == "skip",
        label_feature,
        () if labels is None else labels.all_names,
    )
    samples.features()  # names that clash are found before anything is written
    return samples


def _add(features: dict[str, pa.ChunkedArray], own: dict[str, pa.Array]) -> None:
    taken = sorted(set(features) & set(own))
    if taken:
        raise UsageError(
            f"the manifest has a column {listed(taken)}, which an image's feature is called; "
            "leave it out with --columns"
        )
    features |= own


def _class_texts(labels: Labels) -> pa.Array:
    numbers = from_numpy((labels.codes - labels.offset).astype(np.int32))
    return pa.DictionaryArray.from_arrays(numbers, from_texts(labels.names))


def _paths(column: pa.ChunkedArray, name: str) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()):
        raise UsageError(
            f"image column '{printable(name)}' is {kind}, not text; name the column with the paths"
        )
    column = column.cast(pa.large_string())
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _integers(values: list[int]) -> pa.Array:
    return from_numpy(np.array(values, dtype=np.int64))
