"""The names of brevettiai 0.x, as its users import them from ``brevettiai.data.data_generator``.

The same classes as in `brevetti_sample`, but by default with the stream ``brevettiai``: old code
gives the draws that it gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from brevetti_sample.errors import WeightingError
from brevetti_sample.groups.weighting import Weighting, group_weight
from brevetti_sample.messages import close_match, listed

from .data_generator import DataGenerator as _DataGenerator
from .drawn_samples import DrawnSamples
from .image_generator import build_image_data_generator as _build_image_data_generator
from .maps import DataGeneratorMap, OneHotEncoder
from .maps import FileLoader as _FileLoader
from .prediction import predict_dataset
from .sampler import StratifiedSampler as _StratifiedSampler
from .source import Seed
from .structure import map_output_structure

__all__ = [
    "DataGenerator",
    "DataGeneratorMap",
    "FileLoader",
    "OneHotEncoder",
    "StratifiedSampler",
    "build_dataset_from_samples",
    "build_image_data_generator",
    "get_dataset",
    "map_output_structure",
    "parse_weighing",
    "predict_dataset",
    "sampling_groupby_presets",
    "weighing_presets",
]

SCHEMES = ("gs", "s3")
"""The schemes of URIs that are read without being named."""
weighing_presets: dict[str, Callable[[Any], Any]] = {
    "uniform": lambda _count: 1,
    "count": lambda count: count,
    "square root": np.sqrt,
    "log": np.log,
    "logx+1": lambda count: np.log(count) + 1,
}
"""From the name of a weighting to the function of a group's size."""

sampling_groupby_presets: dict[str, list[str] | None] = {
    "": None,
    "None": None,
    "Class": ["category"],
    "Dataset / Class": ["dataset_id", "category"],
    "Dataset / Folder": ["dataset_id", "folder"],
}
"""From the name of a grouping to its columns."""


class DataGenerator(_DataGenerator):
    """`brevetti_sample.DataGenerator`, with the stream ``brevettiai`` by default.

    Example:
        >>> DataGenerator([{"id": 1}]).plan.stream
        'brevettiai'
    """

    default_stream: ClassVar[str] = "brevettiai"
    groupby_presets: ClassVar[Mapping[str, Sequence[str] | None]] = sampling_groupby_presets

    @property
    def random(self) -> np.random.RandomState:
        """The generator that shuffled the samples, from which maps take their seeds.

        Example:
            >>> type(DataGenerator([{"id": 1}]).random).__name__
            'RandomState'
        """
        stream: Any = self._source.stream
        random: np.random.RandomState = stream.random
        return random


class StratifiedSampler(_StratifiedSampler):
    """`brevetti_sample.StratifiedSampler`, with the stream ``brevettiai`` by default.

    Example:
        >>> StratifiedSampler(seed=1).get([{"id": 1}]).plan.stream
        'brevettiai'
    """

    generator: ClassVar[type[_DataGenerator]] = DataGenerator


def parse_weighing(weighing: str | Callable[..., Any]) -> Callable[[int, Any], Any]:
    """Turn a weighting into a function of a group's size and key.

    Args:
        weighing: a name of `weighing_presets`, or a function of (count) or (count, key).

    Raises:
        WeightingError: no such name.

    Example:
        >>> float(parse_weighing("square root")(9, "good"))
        3.0
    """
    if isinstance(weighing, str):
        if weighing not in weighing_presets:
            hint = close_match(weighing, weighing_presets).removeprefix("; ")
            raise WeightingError(
                f"no weighting {listed([weighing])}",
                concerns="weighing",
                advice=hint or f"use {listed(weighing_presets)}",
            )
        weighing = weighing_presets[weighing]
    function = weighing
    return lambda count, group: group_weight(function, count, group)


class FileLoader(_FileLoader):
    """As `brevetti_sample.FileLoader`, which also reads the stores of `SCHEMES`."""

    def __init__(self, path_key: str = "path", output_key: str = "data", **settings: Any) -> None:
        super().__init__(path_key, output_key, **({"schemes": SCHEMES} | settings))


def build_image_data_generator(
    samples: Any,
    classes: Sequence[Any] | None = None,
    image: Any = None,
    augmentation: Any = None,
    *args: Any,
    **kwargs: Any,
) -> _DataGenerator:
    """Do as `brevetti_sample.build_image_data_generator`, with the stream ``brevettiai``.

    Example:
        >>> samples = [{"path": "a.png", "category": "good"}]
        >>> build_image_data_generator(samples).plan.stream
        'brevettiai'
    """
    settings = {"generator": DataGenerator} | kwargs
    if image is None or isinstance(image, Mapping):
        image = {"schemes": SCHEMES, **(image or {})}
    return _build_image_data_generator(samples, classes, image, augmentation, *args, **settings)


def build_dataset_from_samples(
    samples: Any,
    groupby: str | Sequence[str] | None = "category",
    weighing: Weighting = "uniform",
    shuffle: bool = True,
    repeat: bool | int | None = True,
    seed: Seed = None,
) -> Any:
    """Build the data set of drawn samples, one by one.

    Args:
        samples: as of `DataGenerator`.
        groupby: the column or columns that make the groups.
        weighing: from the size of a group to its weight.
        shuffle: False for manifest order.
        repeat: True endless, k times, or False once.
        seed: an integer, integers, or a generator to take the seeds from.

    Returns:
        A `tf.data.Dataset` of dictionaries.

    Example:
        >>> dataset = build_dataset_from_samples([{"category": "a", "id": 1}], seed=1)
        >>> next(dataset.as_numpy_iterator())
        {'category': b'a', 'id': np.int64(1), '_sampling_group': np.int64(0)}
    """
    generator = DataGenerator(
        samples,
        shuffle=shuffle,
        repeat=repeat,
        groupby=groupby,
        weighting=weighing,
        seed=seed,
    )
    return generator.dataset


def get_dataset(df: Any, shuffle: bool, repeat: bool | int | None, seed: Seed = None) -> Any:
    """Build the data set of a data frame's rows, one by one.

    Args:
        df: the data frame, or other samples.
        shuffle: False for their order.
        repeat: True endless, k times, or False once.
        seed: an integer, integers, or a generator to take the seeds from.

    Returns:
        A `tf.data.Dataset` of dictionaries.

    Example:
        >>> [int(x["id"]) for x in get_dataset([{"id": 1}, {"id": 2}], False, 2)]
        [1, 2, 1, 2]
    """
    samples = DrawnSamples(df, shuffle=shuffle, repeat=repeat, seed=seed, stream="brevettiai")
    return samples.get_samples(batch=False)
