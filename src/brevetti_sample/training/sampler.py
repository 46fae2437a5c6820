"""The stratified sampler: the settings of a data generator, to apply to samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from brevetti_sample.groups.weighting import Weighting

from .data_generator import DataGenerator


class StratifiedSampler:
    """Settings with which to draw samples.

    Args:
        batch_size: draws a batch.
        groupby: the column or columns that make the groups; None for one group.
        group_weighing: from the size of a group to its weight; see `DataGenerator`.
        max_epoch_samples: draws an epoch, at the most.
        seed: the same seed gives the same draws; None or negative: one from the system, anew for
            each generator, which its `get_debug_info` tells.
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
        batch_size: int = 32,
        groupby: str | Sequence[str] | None = None,
        group_weighing: Weighting = "uniform",
        max_epoch_samples: float = 10**9,
        seed: int | None = -1,
        *,
        stream: str | None = None,
    ) -> None:
        self.batch_size = batch_size
        self.groupby = groupby or None
        self.group_weighing = group_weighing
        self.max_epoch_samples = max_epoch_samples
        self.seed = seed
        self.stream = stream

    def get(
        self, samples: Any, shuffle: bool = False, repeat: bool | int = False, **kwargs: Any
    ) -> DataGenerator:
        """Make a generator that draws samples with these settings.

        Args:
            samples: a data frame, a table, a manifest, dictionaries, or a path.
            shuffle: False for manifest order, the groups evenly interleaved.
            repeat: True endless; k: each group k times; False once.
            kwargs: other arguments of `DataGenerator`; they go before the settings.

        Raises:
            SampleError: as `DataGenerator`.

        Example:
            >>> len(StratifiedSampler(batch_size=2).get([{"id": 1}, {"id": 2}, {"id": 3}]))
            2
        """
        settings = {
            "batch_size": self.batch_size,
            "max_epoch_samples": self.max_epoch_samples,
            "seed": self.seed,
            "sampling_groupby": self.groupby,
            "sampling_group_weighing": self.group_weighing,
            "stream": self.stream,
        }
        return self.generator(samples, shuffle=shuffle, repeat=repeat, **(settings | kwargs))
