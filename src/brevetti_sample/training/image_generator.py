"""Generators of images and their classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from brevetti_sample.errors import UsageError
from brevetti_sample.manifests.from_python import as_manifest

from .data_generator import DataGenerator
from .maps import ImageLoader, OneHotEncoder
from .tensor_columns import unnest_lists

UNLABELED = "__UNLABELED__"
"""The class of samples that have none."""


def build_image_data_generator(
    samples: Any,
    classes: Sequence[Any] | None = None,
    image: Mapping[str, Any] | Callable[..., Any] | None = None,
    augmentation: Callable[..., Any] | Sequence[Callable[..., Any] | None] | None = None,
    *args: Any,
    generator: type[DataGenerator] = DataGenerator,
    **kwargs: Any,
) -> DataGenerator:
    """Make a generator of images and one-hot classes, from the columns ``path`` and ``category``.

    Args:
        samples: as of `DataGenerator`.
        classes: the classes; by default those that the samples have, sorted.
        image: arguments of `ImageLoader`, or another map instead.
        augmentation: a map, or several, between the images and the classes.
        args: further arguments of `DataGenerator`.
        generator: another class instead of `DataGenerator`.
        kwargs: further arguments of `DataGenerator`.

    Returns:
        A generator whose data sets give (image, one-hot class).

    Raises:
        ColumnError: the samples have no ``path`` or ``category``.
        UsageError: an augmentation that is no function.

    Example:
        >>> samples = [{"path": "images/0/0000.png", "category": "0"}]
        >>> loader = {"root": "sample_manifests/digits", "target_size": (16, 16)}
        >>> generator = build_image_data_generator(samples, image=loader)
        >>> images, onehot = next(generator.get_dataset_numpy())
        >>> images.shape, onehot
        ((1, 16, 16, 3), array([[1.]], dtype=float32))
    """
    samples = list(samples) if isinstance(samples, Iterator) else samples
    manifest = as_manifest(samples)
    manifest.check(["path", "category"])
    if classes is None:
        _, values = unnest_lists(manifest.read(["category"]).column(0))
        classes = sorted(set(values.unique().to_pylist()) - {None, UNLABELED})
    loader = ImageLoader(**image) if isinstance(image, Mapping) else image or ImageLoader()
    if isinstance(augmentation, Mapping):
        raise UsageError(
            "must be a map or a list of maps, not a dictionary of settings",
            parameter="augmentation",
        )
    several = augmentation if isinstance(augmentation, Sequence) else [augmentation]
    kwargs.setdefault("output_structure", ("img", "onehot"))
    maps: list[Callable[..., Any] | None] = [loader, *several, OneHotEncoder(classes)]
    return generator(samples, *args, **kwargs).map(maps)
