"""Predictions: a model applied to an epoch of a generator."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from brevetti_sample.errors import UsageError

from .data_generator import DataGenerator


def predict_dataset(
    model: Any,
    dataset: DataGenerator,
    map_output: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> Iterator[dict[str, Any]]:
    """Predict an epoch of drawn samples; the progress is shown on a terminal.

    Args:
        model: a Keras model, or a function of the inputs.
        dataset: the generator; the elements of its data set are the inputs, or tuples that begin
            with them. Inputs that are a dictionary are keyword arguments of a function.
        map_output: applied to the outputs of each batch.

    Yields:
        For each batch a dictionary: the samples by column, and the outputs by the names that the
        model gives them; ``output`` if a function returns a single tensor.

    Raises:
        UsageError: no generator; several outputs without names; a ``map_output`` that returns
            no dictionary.

    Example:
        >>> generator = DataGenerator([{"id": 3}], output_structure=("id",))
        >>> [batch] = predict_dataset(lambda x: 2 * x, generator)
        >>> batch["id"].numpy(), batch["output"].numpy()
        (array([3]), array([6]))
    """
    from rich.console import Console
    from rich.progress import track

    if not isinstance(dataset, DataGenerator):
        kind = type(dataset).__name__
        raise UsageError(f"must be a DataGenerator, not {kind}", parameter="dataset")
    steps = track(
        dataset.get_dataset_and_samples().take(len(dataset)),
        description="predict",
        total=len(dataset),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    for element, samples in steps:
        inputs = element[0] if isinstance(element, tuple) else element
        outputs = _named(model, _predicted(model, inputs))
        outputs = outputs if map_output is None else map_output(outputs)
        if not isinstance(outputs, dict):
            kind = type(outputs).__name__
            raise UsageError(f"must return a dictionary, not {kind}", parameter="map_output")
        yield {**samples, **outputs}


def _predicted(model: Any, inputs: Any) -> Any:
    if hasattr(model, "predict_on_batch"):
        return model.predict_on_batch(inputs)
    return model(**inputs) if isinstance(inputs, dict) else model(inputs)


def _named(model: Any, outputs: Any) -> dict[str, Any]:
    if isinstance(outputs, dict):
        return outputs
    several = list(outputs) if isinstance(outputs, tuple | list) else [outputs]
    names = list(getattr(model, "output_names", ()))
    if len(several) == 1 and len(names) != 1:  # a function, or Keras's Sequential
        layers = getattr(model, "layers", ())
        names = [layers[-1].name if layers else "output"]
    if len(names) != len(several):
        raise UsageError(
            f"the model returns {len(several)} outputs and has {len(names)} names for them",
            concerns="model",
            advice="let it return a dictionary",
        )
    return dict(zip(names, several, strict=True))
