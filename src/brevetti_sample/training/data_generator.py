"""The data generator: a stream of drawn samples as `tf.data`, with seeds for its maps."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from brevetti_sample.arguments import BATCH_SIZE, MAX_DRAW, as_flag, as_integer
from brevetti_sample.errors import UsageError
from brevetti_sample.groups.weighting import Weighting
from brevetti_sample.streams.plan import BoundPlan

from .drawn_samples import DEFAULT, DrawnSamples
from .mapping import Action, apply_actions
from .numpy_iterator import Position, TrackedIterator
from .pipeline import with_cardinality
from .source import Seed, one_of, refuse_arguments_of_the_stream
from .structure import check_structure, map_output_structure

AUTOTUNE = -1  # tf.data.AUTOTUNE


class DataGenerator(DrawnSamples):
    """Drawn samples, batched, mapped and prefetched: a `tf.data.Dataset` that can be reproduced.

    Args:
        samples: a pandas data frame, an Arrow table, a `Manifest`, dictionaries, or a path; or a
            `BoundPlan`, which fixes all of the stream, so that no other argument of it is given.
        batch_size: draws a batch.
        shuffle: False for manifest order, the groups evenly interleaved.
        repeat: True or negative: endless; k: each group k times; False, None or 0: once.
        sampling_groupby: ``groupby``, as brevettiai 0.x calls it.
        sampling_group_weighing: ``weighting``, as brevettiai 0.x calls it.
        seed: the same seed gives the same draws; None or negative: one from the system, which
            `get_debug_info` tells. Also a list or an array of integers, as
            `numpy.random.RandomState` takes them, or a `RandomState` to take it from.
        output_structure: nested tuples or dictionaries of keys for the elements of `get_dataset`;
            None for dictionaries of all columns.
        max_epoch_samples: draws an epoch, at the most; by default as many as there are rows.
        groupby: the column or columns that make the groups; None for one group.
        weighting: from the size of a group to its weight: ``uniform``, ``count``,
            ``square root``, ``log``, ``logx+1`` (ln n + 1), ``power:A``, weights by
            group, or a function: it is called with (count, key), and on a TypeError with (count);
            the key is the value that the samples have, a tuple of them for several columns.
        stream: ``stratified``, or ``brevettiai``: draw for draw as brevettiai 0.x did.
        start: the draw number to begin at.
        narrow: whether columns of integers become as narrow as their values allow, and other
            numbers stay as narrow as they are; by default int64 and float64, for in narrow
            integers sums and products wrap around.

    Raises:
        ColumnError: no such column.
        WeightingError: a weighting that cannot be applied to the groups.
        ManifestError: no samples.
        UsageError: another value that makes no sense.

    Example:
        >>> from itertools import islice
        >>> samples = [{"path": f"{i}.png", "folder": "good" if i else "bad"} for i in range(4)]
        >>> generator = DataGenerator(samples, 2, True, True, groupby="folder", seed=1)
        >>> [batch["folder"].tolist() for batch in islice(generator.get_dataset_numpy(), 2)]
        [['bad', 'good'], ['good', 'bad']]
    """

    _actions: tuple[Action, ...] = ()

    def __init__(
        self,
        samples: Any,
        batch_size: int = BATCH_SIZE,
        shuffle: bool = False,
        repeat: bool | int | None = False,
        sampling_groupby: str | Sequence[str] | None = None,
        sampling_group_weighing: Weighting = "uniform",
        seed: Seed = None,
        output_structure: Any = None,
        max_epoch_samples: float = math.inf,
        *,
        groupby: str | Sequence[str] | None = None,
        weighting: Weighting | None = None,
        stream: str | None = None,
        start: int = 0,
        narrow: bool = False,
    ) -> None:
        if isinstance(samples, BoundPlan):
            of_stream = {
                "batch_size": batch_size != BATCH_SIZE,
                "shuffle": bool(shuffle),
                "repeat": bool(repeat),
                "groupby": groupby is not None or sampling_groupby is not None,
                "weighting": weighting is not None or sampling_group_weighing != "uniform",
                "seed": seed is not None,
                "stream": stream is not None,
            }
            refuse_arguments_of_the_stream([name for name, given in of_stream.items() if given])
        super().__init__(
            samples,
            batch_size,
            shuffle,
            repeat,
            one_of("groupby", groupby, "sampling_groupby", sampling_groupby),
            one_of(
                "weighting",
                weighting,
                "sampling_group_weighing",
                sampling_group_weighing,
                "uniform",
            ),
            seed,
            output_structure,
            max_epoch_samples,
            stream=stream,
            start=start,
            narrow=narrow,
        )

    def get_dataset(
        self, batch: bool = True, structure: Any = DEFAULT, prefetch: bool | int = True
    ) -> Any:
        """Return the drawn samples, mapped.

        Args:
            batch: whether the elements are batches, or single samples.
            structure: as of `get_samples`; by default the generator's ``output_structure``.
            prefetch: True for as many elements ahead of a map as TensorFlow finds useful; without
                a map none, since draws are made ahead by the thousand anyway. Or how many, -1
                for as many as TensorFlow finds useful.

        Returns:
            A `tf.data.Dataset`: each time it is iterated over, it begins anew. Its iterator can
            be saved with ``tf.train.Checkpoint``. The samples stay in memory for as long as the
            generator does, or this data set, or one made of it, or an iterator.

        Raises:
            UsageError: a structure of keys that are not there, or of no dictionary; or another
                value that makes no sense.

        Example:
            >>> generator = DataGenerator([{"id": 7}, {"id": 8}])
            >>> twice = generator.map(lambda x: {"twice": 2 * x["id"]})
            >>> [batch.numpy() for batch in twice.get_dataset(structure="twice")]
            [array([14, 16])]
        """
        batch, ahead = as_flag(batch, "batch"), self._ahead(prefetch)
        self._position.lose()
        dataset = self._arranged(self._mapped(batch), structure)
        return dataset.prefetch(ahead) if ahead else dataset

    def get_dataset_and_samples(self) -> Any:
        """Return the batches of `get_dataset` with the samples that they were made of.

        Returns:
            A `tf.data.Dataset` of (element, samples): the samples are dictionaries as those of
            `get_samples`, as `build_dataset` leaves them.

        Raises:
            UsageError: as `get_dataset`; or `build_dataset` gives no dictionaries.

        Example:
            >>> generator = DataGenerator([{"id": 7}]).map(lambda x: {"twice": 2 * x["id"]})
            >>> [(x, samples)] = generator.get_dataset_and_samples()
            >>> x["twice"].numpy(), samples["id"].numpy()
            (array([14]), array([7]))
        """
        wanted = self.output_structure
        dataset = self._mapped(batch=True, samples=True)
        if wanted is not None:
            check_structure(dataset.element_spec[0], wanted)
            dataset = dataset.map(lambda x, samples: (map_output_structure(x, wanted), samples))
        return dataset.prefetch(AUTOTUNE)

    def get_dataset_numpy(
        self, batch: bool = True, structure: Any = DEFAULT, prefetch: bool | int = True
    ) -> Iterator[Any]:
        """Iterate over `get_dataset`, as NumPy and Python values.

        Args:
            batch: as of `get_dataset`.
            structure: as of `get_dataset`.
            prefetch: as of `get_dataset`.

        Returns:
            An iterator of NumPy arrays and scalars; text is decoded to `str`, lists of one length
            are arrays, a list of another length is a tuple, and a batch of those a list of
            tuples. How far it has
            come is what `state` tells.

        Example:
            >>> next(DataGenerator([{"path": "a.png"}]).get_dataset_numpy(structure="path"))
            array(['a.png'], dtype='<U5')
        """
        return self._numpy(self.get_dataset(batch, structure, prefetch), batch, structure)

    def build_dataset(self, ds: Any) -> Any:
        """Extend the data set of batches, before the maps; to be overridden in a subclass.

        Args:
            ds: a `tf.data.Dataset` of dictionaries of [batch, ...] tensors by column. If a map
                takes ``sample_seed``, they have a column ``_draw`` too, to be passed on.

        Returns:
            A `tf.data.Dataset`; here the same.

        Example:
            >>> class Evens(DataGenerator):
            ...     def build_dataset(self, ds):
            ...         return ds.unbatch().filter(lambda x: x["id"] % 2 == 0).batch(2)
            >>> next(Evens([{"id": i} for i in range(5)]).get_dataset_numpy(structure="id"))
            array([0, 2])
        """
        return ds

    def map(
        self,
        map_func: Callable[..., Any] | Sequence[Callable[..., Any] | None] | None,
        num_parallel_calls: int | None = AUTOTUNE,
        **kwargs: Any,
    ) -> Self:
        """Return a new generator that maps a function over the batches; this one is left alone.

        Args:
            map_func: takes a dictionary of tensors and returns one. It gets ``seed``, an integer
                in [0, 2^32), if it takes an argument of that name (or ``**kwargs``), and
                ``sample_seed``, an int64 tensor [batch, 2] of (map's seed, draw's number), for
                the ``tf.image.stateless_*`` functions, if it names it. If its attribute
                ``apply_unbatched`` is true, it gets single samples. Or a list of such functions,
                in which None is skipped.
            num_parallel_calls: of `tf.data.Dataset.map`.
            kwargs: further arguments of `tf.data.Dataset.map`.

        Raises:
            UsageError: no function; or a number of parallel calls that makes no sense.

        Example:
            >>> generator = DataGenerator([{"id": 1}], seed=1)
            >>> twice = generator.map([None, lambda x, sample_seed: {"seed": sample_seed}])
            >>> next(twice.get_dataset_numpy())["seed"].shape
            (1, 2)
        """
        if map_func is None:
            map_func = []
        if isinstance(map_func, list | tuple):
            generator = self
            for function in map_func:
                if function is not None:
                    generator = generator.map(function, num_parallel_calls, **kwargs)
            return generator
        if not callable(map_func):
            kind = type(map_func).__name__
            raise UsageError(
                f"map takes a function, or a list of functions, not of type {kind}",
                concerns="map_func",
            )
        if num_parallel_calls is not None:
            num_parallel_calls = _count(num_parallel_calls, "num_parallel_calls", 1)
        seed = self._source.map_seed(len(self._actions))
        options = {"num_parallel_calls": num_parallel_calls, **kwargs}
        output = copy.copy(self)
        output._actions = (*self._actions, Action(map_func, seed, options))
        output._position = Position()
        return output

    def get_dataset_actions(self) -> list[tuple[Any, dict[str, int], dict[str, Any]]]:
        """List the maps: the function, its arguments, and those of `tf.data.Dataset.map`.

        Example:
            >>> DataGenerator([{"id": 1}], seed=1).map(len).get_dataset_actions()
            [(<built-in function len>, {}, {'num_parallel_calls': -1})]
        """
        return [(action.function, action.arguments, action.options) for action in self._actions]

    def __iter__(self) -> Iterator[Any]:
        """Iterate over `get_dataset`; how far is what `state` tells.

        Example:
            >>> [batch["id"].numpy() for batch in DataGenerator([{"id": 7}, {"id": 8}])]
            [array([7, 8])]
        """
        dataset = self.get_dataset()
        return self._position.follow(TrackedIterator(dataset, self.batch_size))

    def _ahead(self, prefetch: bool | int | None) -> int:
        """How many elements to prefetch; `AUTOTUNE` for as many as TensorFlow finds useful."""
        if prefetch is None:  # as `tf.data.Dataset.prefetch` takes it
            return AUTOTUNE
        if isinstance(prefetch, bool | np.bool_):
            return AUTOTUNE if prefetch and (self._actions or self._overridden) else 0
        return _count(prefetch, "prefetch", 0)

    @property
    def _overridden(self) -> bool:
        return type(self).build_dataset is not DataGenerator.build_dataset

    def _mapped(self, batch: bool, *, samples: bool = False) -> Any:
        """The data set after all maps, in no structure yet."""
        by_sample = any(action.by_sample for action in self._actions)
        dataset = self.build_dataset(self._samples(batch=True, draw=by_sample))
        if not hasattr(dataset, "element_spec"):
            kind = type(dataset).__name__
            raise UsageError(f"build_dataset must return a tf.data.Dataset, not {kind}")
        dataset = apply_actions(dataset, self._actions, self.batch_size, samples=samples)
        dataset = dataset if batch else dataset.unbatch()
        if self._overridden:
            return dataset
        return with_cardinality(dataset, self._feed().length, self.batch_size if batch else None)


def _count(value: Any, name: str, least: int) -> int:
    """Read a number that TensorFlow may choose itself."""
    count = as_integer(value, name)
    if count != AUTOTUNE and not least <= count <= MAX_DRAW:
        choice = f"or {AUTOTUNE} for as many as TensorFlow finds useful"
        raise UsageError(f"must be from {least} to 2^60, {choice}, not {count}", parameter=name)
    return count
