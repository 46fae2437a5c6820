"""The stratified sampler: the settings of a data generator, to apply to samples."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from brevetti_sample.arguments import BATCH_SIZE
from brevetti_sample.errors import UsageError
from brevetti_sample.groups.weighting import Weighting
from brevetti_sample.streams.plan import BoundPlan

from .data_generator import DataGenerator
from .source import Seed, one_of

_OLDER_NAMES = {"groupby": "sampling_groupby", "weighting": "sampling_group_weighing"}


class StratifiedSampler:
    """Settings with which to draw samples.

    Args:
        batch_size: draws a batch.
        groupby: the column or columns that make the groups; None for one group.
        group_weighing: ``weighting``, as brevettiai 0.x calls it.
        max_epoch_samples: draws an epoch, at the most.
        seed: the same seed gives the same draws; None or negative: one from the system, anew for
            each generator, which its `get_debug_info` tells.
        weighting: from the size of a group to its weight; see `DataGenerator`.
        stream: ``stratified``, or ``brevettiai``: draw for draw as brevettiai 0.x did.

    Example:
        >>> samples = [{"folder": "good"}, {"folder": "good"}, {"folder": "bad"}]
        >>> sampler = StratifiedSampler(batch_size=2, groupby=["folder"], seed=1)
        >>> next(sampler.get(samples, shuffle=True, repeat=True).get_dataset_numpy())["folder"]
        array(['bad', 'good'], dtype='<U4')
    """

    generator: ClassVar[type[DataGenerator]] = DataGenerator

    def __init__(
        self,
        batch_size: int = BATCH_SIZE,
        groupby: str | Sequence[str] | None = None,
        group_weighing: Weighting = "uniform",
        max_epoch_samples: float = 10**9,
        seed: Seed = -1,
        *,
        weighting: Weighting | None = None,
        stream: str | None = None,
    ) -> None:
        self.batch_size = batch_size
        self.groupby = groupby or None
        self.group_weighing = one_of(
            "weighting", weighting, "group_weighing", group_weighing, "uniform"
        )
        self.max_epoch_samples = max_epoch_samples
        self.seed = seed
        self.stream = stream

    def get(
        self, samples: Any, shuffle: bool = False, repeat: bool | int | None = False, **kwargs: Any
    ) -> DataGenerator:
        """Make a generator that draws samples with these settings.

        Args:
            samples: a data frame, a table, a manifest, dictionaries, or a path.
            shuffle: False for manifest order, the groups evenly interleaved.
            repeat: True endless; k: each group k times; False or None once.
            kwargs: other arguments of `DataGenerator`; they go before the settings.

        Raises:
            SampleError: as `DataGenerator`.

        Example:
            >>> len(StratifiedSampler(batch_size=2).get([{"id": 1}, {"id": 2}, {"id": 3}]))
            2
        """
        if isinstance(samples, BoundPlan):
            raise UsageError(
                "must not be a bound plan, which fixes the stream",
                parameter="samples",
                advice="draw it with DataGenerator(bound_plan)",
            )
        settings = {
            "batch_size": self.batch_size,
            "max_epoch_samples": self.max_epoch_samples,
            "seed": self.seed,
            "sampling_groupby": self.groupby,
            "sampling_group_weighing": self.group_weighing,
            "stream": self.stream,
        }
        self._check(kwargs)
        for name, older_name in _OLDER_NAMES.items():
            if name in kwargs:
                del settings[older_name]
        return self.generator(samples, shuffle=shuffle, repeat=repeat, **(settings | kwargs))

    def _check(self, arguments: Mapping[str, Any]) -> None:
        """Refuse what the generator does not take, in the name of who was called."""
        parameters = inspect.signature(self.generator).parameters
        if any(parameter.kind == parameter.VAR_KEYWORD for parameter in parameters.values()):
            return
        for name in arguments:
            if name not in parameters:
                raise TypeError(
                    f"{type(self).__name__}.get() got an unexpected keyword argument '{name}'"
                )
