"""The pipeline: draws and their columns as a `tf.data.Dataset`.

Draws are made and gathered by the thousand, since a call from TensorFlow into Python costs as
much as hundreds of rows. Which of them is a pure function of the number of the portion, so that
TensorFlow can save the iterator in a checkpoint, and restore it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from brevetti_sample.arguments import MAX_DRAW
from brevetti_sample.streams.cursors import Feed
from brevetti_sample.streams.worker_share import Worker

from .source import DRAW, GROUP, Source
from .string_tensors import join, split
from .tensor_columns import TensorColumn

_PORTION = 1 << 13  # draws
_Gather: TypeAlias = Callable[[int, int, tuple[int, ...]], list[Any]]


def build_dataset(
    source: Source,
    start: int,
    worker: Worker,
    batch_size: int | None,
    *,
    group: bool,
    draw: bool = False,
) -> Any:
    """Build the data set of drawn samples.

    Args:
        source: the samples, and the stream that draws them.
        start: the first draw number.
        worker: whose batches of the stream to take.
        batch_size: draws an element; None for elements of one draw.
        group: whether `GROUP` is among the columns.
        draw: whether `DRAW` is.

    Returns:
        A `tf.data.Dataset` of dictionaries: [batch, ...] tensors by column, or single values.
        Lists of one length are a dense tensor, others a `tf.RaggedTensor`; in elements of one
        draw a list is a tensor of its length.
    """
    _close_at_exit()
    columns = _Columns.of(source, group, draw)
    gather = _gatherer(source, start, worker, group, draw)
    length = Feed(source.cursors, start, worker).length
    parts = [_portions(gather, columns, *part) for part in _plan(length, batch_size)]
    dataset, *more = parts or [_portions(gather, columns, 0, 0, 0, batch_size)]
    for part in more:
        dataset = dataset.concatenate(part)
    dataset = with_cardinality(dataset, length, batch_size)
    dataset.drawn_from = source  # data sets and iterators made of this one keep it
    return dataset


def with_cardinality(dataset: Any, length: int | None, batch_size: int | None) -> Any:
    """Tell a data set how many elements it has, which Keras shows and TensorFlow can forget.

    Args:
        dataset: a `tf.data.Dataset`.
        length: how many draws it is made of; None for no end.
        batch_size: draws an element; None for one.
    """
    import tensorflow as tf

    elements = tf.data.INFINITE_CARDINALITY if length is None else -(-length // (batch_size or 1))
    return dataset.apply(tf.data.experimental.assert_cardinality(elements))


def _plan(length: int | None, batch_size: int | None) -> Iterator[tuple[int, int, int, int | None]]:
    """Cut a stream into portions of batches of one size: (first draw, draws, how many, batch)."""
    size = batch_size or 1
    draws = max(_PORTION // size, 1) * size
    if length is None:
        yield 0, draws, MAX_DRAW // draws, batch_size
        return
    first = 0
    # Many full portions, one of the batches that are left, and one of the draws that are left.
    for portion in (draws, (length % draws) // size * size, length % size):
        count = (length - first) // portion if portion else 0
        if count:
            yield first, portion, count, batch_size and min(batch_size, portion)
            first += count * portion


def _gatherer(source: Source, start: int, worker: Worker, group: bool, draw: bool) -> _Gather:
    """Make the function that gathers the arrays of draws, of which TensorFlow asks for portions.

    TensorFlow keeps what its data sets call until the program ends, so this must not keep the
    source: it is the generator's and the data sets'.
    """
    import tensorflow as tf

    # A data set that is made within a graph has nothing in Python that lasts.
    where: Callable[[], Source | None]
    where = weakref.ref(source) if tf.executing_eagerly() else lambda: source

    def gather(first: int, last: int, shape: tuple[int, ...]) -> list[Any]:
        found = where()
        if found is None:
            # An iterator may still read ahead while it is taken down, and of an end of iteration
            # TensorFlow does not complain in the log.
            raise StopIteration(
                "the samples of this data set are gone; "
                "keep the data set, or its generator, for as long as it is in use"
            )
        feed = Feed(found.cursors, start, worker)
        return _Columns.of(found, group, draw).gather(feed, first, last, shape)

    return gather


def _portions(
    gather: _Gather, columns: _Columns, first: int, draws: int, count: int, batch_size: int | None
) -> Any:
    """The batches, or single draws, of ``count`` portions from draw ``first`` on."""
    import tensorflow as tf

    shape = (draws // batch_size, batch_size) if batch_size else (draws,)

    def portion(number: Any) -> Any:
        low = first + int(number) * draws
        return gather(low, low + draws, shape)

    def collect(number: Any) -> Any:
        kinds = columns.kinds()
        return tuple(tf.numpy_function(portion, [number], kinds, stateful=False))

    def batches(*arrays: Any) -> Any:
        return tf.data.Dataset.from_tensor_slices(columns.tensors(arrays, shape))

    # Texts are split as late as can be: TensorFlow counts the bytes of all texts at every step.
    as_it_is = tf.autograph.experimental.do_not_convert
    portions = tf.data.Dataset.range(count).map(as_it_is(collect)).prefetch(1)
    return portions.flat_map(as_it_is(batches))


@dataclass(frozen=True)
class _Columns:
    """The columns of a data set, as arrays and as tensors."""

    columns: Sequence[TensorColumn]
    group: bool
    draw: bool

    @classmethod
    def of(cls, source: Source, group: bool, draw: bool) -> _Columns:
        """Those of a source, but for what the generator's own columns replace."""
        taken = {name for name, own in ((GROUP, group), (DRAW, draw)) if own}
        return cls([f for f in source.columns if f.name not in taken], group, draw)

    def kinds(self) -> list[Any]:
        """The dtypes of the arrays."""
        import tensorflow as tf

        kinds = []
        for column in self.columns:
            kinds.append(tf.string if column.dtype == object else tf.as_dtype(column.dtype))
            kinds += [tf.int64] * (column.depth if column.shape is None else 0)
        return kinds + [tf.int64] * (self.group + self.draw)

    def gather(self, feed: Feed, first: int, last: int, shape: tuple[int, ...]) -> list[Any]:
        """The arrays of the draws from ``first`` to before ``last``."""
        draws, groups, rows = feed.take(first, last)
        arrays: list[Any] = []
        for column in self.columns:
            gathered = column.gather(rows)
            values = gathered.values
            if column.joinable:
                values = join(values)
            elif column.dtype == object:
                values = np.array(values.to_pylist(), dtype=object)
            arrays.append(values)
            if column.shape is None:
                arrays += gathered.lengths
        if self.group:
            arrays.append(groups.astype(np.int64).reshape(shape))
        if self.draw:
            arrays.append(draws.reshape(shape))
        return arrays

    def tensors(self, arrays: Sequence[Any], shape: tuple[int, ...]) -> dict[str, Any]:
        """The tensors by column; TensorFlow does not know the shapes of the arrays."""
        import tensorflow as tf

        left = iter(arrays)
        outer = [None] * len(shape)
        tensors = {}
        for column in self.columns:
            values = next(left)
            values = split(values) if column.joinable else tf.ensure_shape(values, [None])
            if column.shape is not None:
                values = tf.reshape(values, [*shape, *column.shape])
                # The last batch may be shorter, so the size of a batch is left open in the type.
                tensors[column.name] = tf.raw_ops.PlaceholderWithDefault(
                    input=values, shape=[*outer, *column.shape]
                )
                continue
            lengths = [tf.ensure_shape(next(left), [None]) for _ in range(column.depth)]
            if len(shape) > 1:
                lengths.insert(0, tf.fill([shape[0]], tf.constant(shape[1], tf.int64)))
            tensors[column.name] = tf.RaggedTensor.from_nested_row_lengths(
                values, lengths, validate=False
            )
        for name, wanted in ((GROUP, self.group), (DRAW, self.draw)):
            if wanted:
                tensors[name] = tf.ensure_shape(next(left), outer)
        return tensors


@cache
def _close_at_exit() -> None:
    """Once: see to it that the iterators that are left are closed before Python ends.

    TensorFlow's threads wait for Python to gather a portion, and Python's end waits for them: it
    would never come (https://github.com/tensorflow/tensorflow/issues/22632).
    """
    atexit.register(_close_iterators)


def _close_iterators() -> None:
    for thing in gc.get_objects():
        if type(thing).__name__ == "OwnedIterator":
            with contextlib.suppress(AttributeError):
                thing._iterator_resource = None
