"""The samples of an export: from draws to records."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from brevetti_sample.arrays.arrow import from_numpy, from_texts
from brevetti_sample.arrays.rows import Rows
from brevetti_sample.arrays.types import BoolArray, Int32Array
from brevetti_sample.errors import SampleFileError, UsageError, argument
from brevetti_sample.groups.keys import Key
from brevetti_sample.groups.row_index import RowIndex
from brevetti_sample.images.folder import ImageFolder, image_paths
from brevetti_sample.images.prefetch import Found, open_ahead
from brevetti_sample.limits import MAX_RECORD_BYTES, size_text
from brevetti_sample.streams.draws import Draws
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.plan import BoundPlan, Plan
from brevetti_sample.tfrecord.format.features import Feature, features_of, flatten_structs
from brevetti_sample.tfrecord.format.framing import FRAME_BYTES, framed_examples

from .blocks import Blocks
from .image_records import ImageRecords, image_features
from .labels import Labels, make_labels
from .listing import Listing, make_listings
from .options import ExportOptions

_LABEL = "image/class/label"
_LABEL_TEXT = "image/class/text"
_BATCH_ROWS = 1 << 15
_BATCH_IMAGES = 1 << 9  # few enough to tell the progress now and then
_BATCH_BYTES = 8 << 20
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
    """Some consecutive draws, whose records have been written.

    Attributes:
        bytes: how many there were.
        groups: int32 [records], the group of each.
        skipped: the samples that are not among them.
    """

    bytes: int
    groups: Int32Array
    skipped: Sequence[Skipped]


@dataclass(frozen=True)
class Samples:
    """All that records are made from. Made by `make_samples`; can be sent to other processes.

    Attributes:
        plan: the plan.
        rows: the features of each row of the manifest but those of the image, flat.
        paths: the images' paths, or None for no images.
        folder: where they are.
        sha256: whether to hash images and shards.
        skip: whether to leave out samples that cannot be read.
        label_feature: the name of the feature with the number of the class, or None.
        class_names: the name of each number from 0 on; none without labels.
        listings: the splits that are not drawn, by name.
    """

    plan: Plan
    index: RowIndex
    rows: Rows
    paths: pa.Array | None
    folder: ImageFolder
    sha256: bool
    skip: bool
    label_feature: str | None
    class_names: tuple[str, ...]
    listings: Mapping[str, Listing] = field(default_factory=dict)

    def features(self) -> list[Feature]:
        """The features of the records, sorted by name."""
        table = self.rows.table.slice(0, 0)
        if self.paths is not None:
            for name, kind in image_features(sha256=self.sha256).items():
                table = table.append_column(name, pa.nulls(0, kind))
        return features_of(flatten_structs(table).schema)

    def gaps(self) -> set[str]:
        """The names of the features that some rows have no value of."""
        table = self.rows.table
        columns = zip(table.column_names, table.columns, strict=True)
        return {name for name, column in columns if column.null_count}

    def keys(self, split: str | None = None) -> tuple[Key, ...]:
        """The keys of the groups of a split; by default, of the plan."""
        return self.plan.keys if split is None else self.listings[split].keys

    def draws(self, start: int, stop: int, split: str | None = None) -> Iterator[Draws]:
        """Yield the draws from ``start`` to before ``stop``, or the rows of another split."""
        if split is None:
            return open_stream(self.plan, self.index).draws(start, stop)
        return self.listings[split].draws(start, stop)

    def write(
        self, start: int, stop: int, blocks: Blocks, split: str | None = None
    ) -> Iterator[Batch]:
        """Write the records of the draws from ``start`` to before ``stop``.

        Args:
            start: first draw number.
            stop: draw number to stop before.
            blocks: what they go to.
            split: whose rows are counted so; None for the one that is drawn.

        Yields:
            What has been written since the last.

        Raises:
            SampleFileError: an image that cannot be used, unless those are skipped.
            OSError: a block could not be written.
        """
        for draws in self.draws(start, stop, split):
            if self.paths is None:
                yield from self._write_rows(draws, blocks)
            else:
                yield from self._write_images(draws, self.paths, blocks)

    def _write_rows(self, draws: Draws, blocks: Blocks) -> Iterator[Batch]:
        for some in self._parts(draws.row, _BATCH_ROWS, _BATCH_BYTES):
            rows = draws.row[some]
            data, sizes = framed_examples(self.rows.take(rows))
            largest = int(sizes.argmax())
            if sizes[largest] > MAX_RECORD_BYTES + FRAME_BYTES:
                raise SampleFileError(
                    f"its record would have more than {size_text(MAX_RECORD_BYTES)}",
                    row=int(rows[largest]),
                    advice="leave the row out, or columns of it",
                )
            blocks.write(data)
            yield Batch(len(data), draws.group[some], ())

    def _write_images(self, draws: Draws, paths: pa.Array, blocks: Blocks) -> Iterator[Batch]:
        mine = paths.take(from_numpy(draws.row))
        with contextlib.closing(open_ahead(self.folder, mine.to_pylist())) as images:
            for some in self._parts(draws.row, _BATCH_IMAGES):
                records = ImageRecords(
                    self.rows.take(draws.row[some]),
                    mine[some],
                    self.folder,
                    blocks,
                    sha256=self.sha256,
                )
                part = Draws(draws.start + some.start, draws.group[some], draws.row[some])
                yield from self._write_records(part, images, records)

    def _write_records(
        self, draws: Draws, images: Iterable[Found], records: ImageRecords
    ) -> Iterator[Batch]:
        first, size = 0, 0
        missed: list[int] = []
        skipped: list[Skipped] = []
        for at, image in zip(range(len(draws)), images, strict=False):  # no image too many
            try:
                if isinstance(image, SampleFileError):
                    raise image
                size += records.add(at, image)
            except SampleFileError as error:
                row = int(draws.row[at])
                if not self.skip:
                    skip = f"pass {argument('on_error', 'skip')}"
                    raise error.in_row(row, skip) from None
                path = records.paths[at].as_py()
                skipped.append(Skipped(draws.start + at, row, path, str(error)))
                missed.append(at - first)
            if size >= _BATCH_BYTES or at == len(draws) - 1:
                yield Batch(size, np.delete(draws.group[first : at + 1], missed), skipped)
                first, size, missed, skipped = at + 1, 0, [], []

    def image_files(self) -> Iterator[str]:
        """The files of all images of the manifest, drawn or not."""
        return iter(()) if self.paths is None else self.folder.files(self.paths)

    def probe(self, start: int, stop: int, split: str | None = None) -> int:
        """Estimate the bytes of the records of a range, from up to 1,000 of its draws."""
        count = min(stop - start, _PROBED_DRAWS)
        # In runs: a single draw costs as much as a chunk of them. A replay has to make all draws
        # before one, so that it is probed where it begins.
        runs = 1 if split is None and self.plan.stream != "stratified" else 4
        step, length = max(1, (stop - start) // runs), -(-count // runs)
        rows = np.concatenate(
            [
                draws.row
                for first in range(start, stop, step)
                for draws in self.draws(first, min(first + length, stop), split)
            ]
        )
        rows = rows[next(self.rows.runs(rows))]
        size = len(framed_examples(self.rows.take(rows))[0])
        if self.paths is not None:
            paths = self.paths.take(from_numpy(rows)).to_pylist()
            size += sum(map(self.folder.size, paths)) + 250 * len(paths)
        return size * (stop - start) // len(rows)

    def _parts(self, rows: Int32Array, size: int, most: int | None = None) -> Iterator[slice]:
        """Divide rows into parts of so many, and of so many bytes, at most."""
        for start in range(0, len(rows), size):
            for run in self.rows.runs(rows[start : start + size], most):
                yield slice(start + run.start, start + run.stop)


def make_samples(bound_plan: BoundPlan, options: ExportOptions) -> Samples:
    """Read what an export needs of a manifest.

    Args:
        bound_plan: the plan, bound to its manifest.
        options: the options.

    Raises:
        ColumnError: no such column.
        UsageError: a column that cannot be written, features of one name, or a class or a split
            that there cannot be.
        ManifestError: a damaged manifest.
    """
    manifest, plan = bound_plan.manifest, bound_plan.plan
    special = [c for c in (options.image_column, options.label_column) if c is not None]
    chosen = list(manifest.columns if options.columns is None else options.columns)
    manifest.check(chosen)
    manifest.check(special)
    plain = [column for column in chosen if column not in special]
    listings: dict[str, Listing] = {}
    if options.split_column is not None:
        listings = make_listings(manifest, plan, options.split_column)
    table = manifest.read([*plain, *special])
    labels = None
    features = dict(zip(plain, table.columns[: len(plain)], strict=True))
    if options.label_column is not None:
        column = table.column(options.label_column)
        labels = make_labels(
            column,
            options.label_column,
            options.label_offset,
            names=plan.class_names,
            drawable=_drawable(bound_plan, listings, len(column)),
            source=manifest.name,
        )
    label_feature = None
    if labels is not None:
        label_feature = labels.column if options.image_column is None else _LABEL
        own = {label_feature: from_numpy(labels.codes)}
        if options.image_column is not None:
            own[_LABEL_TEXT] = _class_texts(labels)
        _add(features, own)
    if not features and options.image_column is None:
        raise UsageError(
            f"must name a column where there is no {argument('image_column')}",
            parameter="columns",
        )
    paths = None
    if options.image_column is not None:
        paths = image_paths(table.column(options.image_column), options.image_column)
    samples = Samples(
        plan,
        bound_plan.index,
        Rows(flatten_structs(pa.table(features))),
        paths,
        ImageFolder(options.image_root, options.max_pixels),
        options.sha256,
        options.on_error == "skip",
        label_feature,
        () if labels is None else labels.all_names,
        listings,
    )
    samples.features()  # names that clash are found before anything is written
    return samples


def _drawable(
    bound_plan: BoundPlan, listings: Mapping[str, Listing], rows: int
) -> BoolArray | None:
    """Which rows of the manifest can come into the export; None for all of them."""
    plan, index = bound_plan.plan, bound_plan.index
    if plan.where is None and not plan.excluded:
        return None
    result = np.zeros(rows, dtype=np.bool_)
    result[index.rows[np.repeat(plan.weights > 0, plan.sizes)]] = True
    for listing in listings.values():
        result[listing.rows] = True
    return result


def _add(features: dict[str, pa.ChunkedArray], own: dict[str, pa.Array]) -> None:
    taken = sorted(set(features) & set(own))
    if taken:
        raise UsageError(
            "has the name of an image's feature",
            parameter="columns",
            column=taken[0],
            advice=f"leave it out of {argument('columns')}",
        )
    features |= own


def _class_texts(labels: Labels) -> pa.Array:
    numbers = from_numpy((labels.codes - labels.offset).astype(np.int32))
    return pa.DictionaryArray.from_arrays(numbers, from_texts(labels.names))
