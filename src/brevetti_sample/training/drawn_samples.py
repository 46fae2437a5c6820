"""Drawn samples: a stream and what it draws, before anything is mapped over it."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from brevetti_sample.arguments import BATCH_SIZE, MAX_DRAW, as_flag, as_integer
from brevetti_sample.errors import UsageError
from brevetti_sample.groups.weighting import Weighting
from brevetti_sample.streams.cursors import Feed
from brevetti_sample.streams.plan import Plan
from brevetti_sample.streams.state import make_state, read_state
from brevetti_sample.streams.worker_share import Worker

from .numpy_iterator import Position, TrackedIterator, to_numpy
from .pipeline import build_dataset
from .source import Seed, make_source
from .structure import check_structure, map_output_structure

DEFAULT = "__default__"
"""As a structure: the one that is the default."""


class DrawnSamples:
    """Samples in the order of a stream; `DataGenerator` is this with maps.

    The arguments, and the errors that they can give, are those of `DataGenerator`.
    """

    default_stream: ClassVar[str] = "stratified"
    groupby_presets: ClassVar[Mapping[str, Sequence[str] | None]] = MappingProxyType({})

    def __init__(
        self,
        samples: Any,
        batch_size: int = BATCH_SIZE,
        shuffle: bool = False,
        repeat: bool | int | None = False,
        groupby: str | Sequence[str] | None = None,
        weighting: Weighting = "uniform",
        seed: Seed = None,
        output_structure: Any = None,
        max_epoch_samples: float = math.inf,
        *,
        stream: str | None = None,
        start: int = 0,
        narrow: bool = False,
    ) -> None:
        self.output_structure = output_structure
        number = isinstance(max_epoch_samples, int | float | np.integer | np.floating)
        if not number or isinstance(max_epoch_samples, bool):
            raise UsageError(
                f"must be a number, not {max_epoch_samples!r}", parameter="max_epoch_samples"
            )
        if not max_epoch_samples >= 0:
            raise UsageError(
                f"must be at least 0, not {max_epoch_samples}", parameter="max_epoch_samples"
            )
        self._source = make_source(
            samples,
            groupby,
            weighting,
            seed,
            self.default_stream if stream is None else stream,
            shuffle,
            repeat,
            batch_size,
            narrow=as_flag(narrow, "narrow"),
            presets=self.groupby_presets,
        )
        self._worker = Worker()
        self._start = self._checked_start(start)
        self._position = Position()
        self.total_sample_count = self.plan.rows
        self.epoch_samples = min(max_epoch_samples, self.total_sample_count)

    @property
    def plan(self) -> Plan:
        """The plan of the stream; `Plan.to_json` saves it for the command line.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> DataGenerator([{"id": 7}, {"id": 8}], seed=1).plan.rows
            2
        """
        return self._source.plan

    @property
    def batch_size(self) -> int:
        """Draws a batch, which can be set; the order of the draws does not depend on it.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> DataGenerator([{"id": 7}]).batch_size
            32
        """
        return self.plan.batch_size

    @batch_size.setter
    def batch_size(self, value: int) -> None:
        self._source = self._source.batched(value)

    @property
    def dataset(self) -> Any:
        """The samples one by one, before any map: a `tf.data.Dataset`.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> [int(x["id"]) for x in DataGenerator([{"id": 7}, {"id": 8}]).dataset]
            [7, 8]
        """
        return self.get_samples(batch=False)

    def get_samples(self, batch: bool = True, structure: Any = None) -> Any:
        """Return the drawn samples before any map.

        Args:
            batch: whether the elements are batches, or single samples.
            structure: nested tuples or dictionaries of keys; None for dictionaries of all
                columns; ``"__default__"`` for the generator's ``output_structure``.

        Returns:
            A `tf.data.Dataset` of tensors [batch] or [] by column: text as string, integers as
            int64, other numbers as float64, missing ones NaN, lists of one length as another
            axis, other lists ragged. With a groupby also ``_sampling_group``, int64: the group.

        Raises:
            UsageError: a key that is no column; or another value that makes no sense.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> generator = DataGenerator([{"id": 7}, {"id": 8}], batch_size=2)
            >>> [batch["id"].numpy() for batch in generator.get_samples()]
            [array([7, 8])]
        """
        batch = as_flag(batch, "batch")
        self._position.lose()
        return self._arranged(self._samples(batch), structure)

    def get_samples_numpy(self, batch: bool = True, structure: Any = None) -> Iterator[Any]:
        """Iterate over `get_samples`, as NumPy and Python values; see `get_dataset_numpy`.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> next(DataGenerator([{"path": "a.png"}]).get_samples_numpy(batch=False))
            {'path': 'a.png'}
        """
        return self._numpy(self.get_samples(batch, structure), batch, structure)

    def shard(self, num_shards: int, index: int) -> Self:
        """Return a new generator of one worker's part: every ``num_shards``-th batch.

        Args:
            num_shards: how many workers there are.
            index: which of them this is, from 0.

        Raises:
            UsageError: an index that is not below the number.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> generator = DataGenerator([{"id": i} for i in range(8)], batch_size=2)
            >>> [batch["id"].tolist() for batch in generator.shard(2, 1).get_dataset_numpy()]
            [[2, 3], [6, 7]]
        """
        output = copy.copy(self)
        output._worker = Worker(as_integer(index, "index"), as_integer(num_shards, "num_shards"))
        output._position = Position()
        return output

    def state(self, batches: int | None = None) -> dict[str, Any]:
        """Tell where to go on, as a dictionary that JSON can hold.

        Args:
            batches: how many batches of `get_dataset` have been taken, as by Keras. By default
                what the newest iterator of `iter`, `get_dataset_numpy` or `get_samples_numpy` has
                handed out.

        Returns:
            The next draw's number and the plan's digest; the same for all workers that have taken
            as many batches.

        Raises:
            UsageError: a data set of `get_dataset` is in use, and ``batches`` is not given.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> generator = DataGenerator([{"id": i} for i in range(8)], batch_size=2)
            >>> generator.state(batches=3)["draw"]
            6
        """
        taken = self._position.taken
        if batches is not None:
            taken = as_integer(batches, "batches", least=0) * self.batch_size
        if taken is None:
            raise UsageError(
                "TensorFlow reads ahead, so how far it has come is unknown",
                concerns="batches",
                advice="say how many batches of get_dataset were taken: state(batches=n)",
            )
        feed = self._feed()
        taken = taken if feed.length is None else min(taken, feed.length)
        draw, source = feed.draw_number(taken), self._source
        return make_state(self.plan, draw, source.fingerprint, source.graph_seed)

    def restore(self, state: Mapping[str, Any] | str | bytes) -> Self:
        """Go on where a state was taken: from now on all data sets of this generator begin there.

        Args:
            state: what `state` gave, or it as JSON.

        Returns:
            This generator.

        Raises:
            PlanError: a state of another plan, with the difference; or no state.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> generator = DataGenerator([{"id": i} for i in range(8)], batch_size=2)
            >>> next(generator.restore(generator.state(batches=3)).get_dataset_numpy())["id"]
            array([6, 7])
        """
        source = self._source
        draw = read_state(state, self.plan, source.fingerprint, source.graph_seed)
        self._start = self._checked_start(draw)
        self._position = Position()
        return self

    def get_debug_info(self) -> dict[str, Any]:
        """Tell the seed, the stream, and the sample weights: each group's share by its key.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> generator = DataGenerator([{"a": "x"}, {"a": "y"}], sampling_groupby="a", seed=3)
            >>> generator.get_debug_info()
            {'seed': 3, 'stream': 'stratified', 'sample_weight': {'x': 0.5, 'y': 0.5}}
        """
        info: dict[str, Any] = {"seed": self.plan.seed, "stream": self.plan.stream}
        return info | (
            {"sample_weight": self._source.sample_weights()} if self.plan.groupby else {}
        )

    def __len__(self) -> int:
        """The batches of an epoch, wherever the generator starts.

        Example:
            >>> from brevetti_sample import DataGenerator
            >>> len(DataGenerator([{"id": i} for i in range(10)], batch_size=4))
            3
        """
        batches = math.ceil(self.epoch_samples / self.batch_size)
        return len(range(self._worker.rank, batches, self._worker.world_size))

    def _feed(self) -> Feed:
        return Feed(self._source.cursors, self._start, self._worker)

    def _samples(self, batch: bool, draw: bool = False) -> Any:
        size = self.batch_size if batch else None
        group = bool(self.plan.groupby)
        start, worker = self._start, self._worker
        return build_dataset(self._source, start, worker, size, group=group, draw=draw)

    def _structure(self, structure: Any) -> Any:
        default = isinstance(structure, str) and structure == DEFAULT
        return self.output_structure if default else structure

    def _arranged(self, dataset: Any, structure: Any) -> Any:
        wanted = self._structure(structure)
        if wanted is None:
            return dataset
        check_structure(dataset.element_spec, wanted)
        return dataset.map(lambda x: map_output_structure(x, wanted))

    def _numpy(self, dataset: Any, batch: bool, structure: Any) -> Iterator[Any]:
        ragged = {f.name for f in self._source.columns if f.depth and f.shape is None}
        lists = set() if batch else ragged
        wanted = self._structure(structure)
        return self._position.follow(
            TrackedIterator(
                dataset,
                self.batch_size if batch else 1,
                lambda element: to_numpy(element, lists, wanted),
            )
        )

    def _checked_start(self, start: int) -> int:
        end = MAX_DRAW if self.plan.length is None else self.plan.length
        return as_integer(start, "start", 0, end)
