"""Actions: the functions that a generator maps over its samples, and the seeds that they get."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from brevetti_sample.errors import UsageError

from .source import DRAW


@dataclass(frozen=True)
class Action:
    """A function to map, and how.

    Attributes:
        function: takes a dictionary of tensors, and what it asks for of ``seed`` and
            ``sample_seed``; returns a dictionary. With an attribute ``apply_unbatched`` that is
            true it gets one sample at a time.
        seed: in [0, 2^32), the seed of this map.
        options: further arguments of `tf.data.Dataset.map`.
    """

    function: Callable[..., Any]
    seed: int
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, int]:
        """The arguments beside the samples: ``seed`` if the function takes it."""
        return {"seed": self.seed} if takes(self.function, "seed", keywords=True) else {}

    @property
    def by_sample(self) -> bool:
        """Whether the function asks for a seed for each sample.

        Only by name: functions with ``**kwargs`` were written before there was such a thing.
        """
        return takes(self.function, "sample_seed", keywords=False)

    @property
    def unbatched(self) -> bool:
        """Whether the function takes one sample at a time."""
        return bool(getattr(self.function, "apply_unbatched", False))


def takes(function: Callable[..., Any], name: str, *, keywords: bool) -> bool:
    """Tell whether a function takes an argument of a name.

    Args:
        function: the function.
        name: the argument.
        keywords: whether ``**kwargs`` is enough.

    Example:
        >>> takes(lambda x, seed: x, "seed", keywords=True)
        True
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # built-in functions need not have a signature
        return False
    any_name = any(p.kind == p.VAR_KEYWORD for p in parameters.values())
    named = name in parameters and parameters[name].kind != inspect.Parameter.POSITIONAL_ONLY
    return named or (keywords and any_name)


def apply_actions(
    dataset: Any, actions: Sequence[Action], batch_size: int, *, samples: bool = False
) -> Any:
    """Map actions over a data set of batches, one after the other.

    Args:
        dataset: a `tf.data.Dataset` of dictionaries; with a column `DRAW` if an action asks for
            seeds by sample, which is taken out before the first action.
        actions: the actions.
        batch_size: for the batches to make again after an action on single samples.
        samples: whether to give what was there before the actions too: (result, samples).

    Raises:
        UsageError: the column `DRAW` is wanted, but not there; the samples are, but they are no
            dictionaries; or a function returns nothing.
    """
    by_sample = any(action.by_sample for action in actions)
    spec = dataset.element_spec
    if by_sample and not (isinstance(spec, dict) and DRAW in spec):
        raise UsageError(
            f"build_dataset left out '{DRAW}', from which sample_seed is made",
            advice="pass it on",
        )
    if samples and not isinstance(spec, dict):
        raise UsageError("build_dataset must give dictionaries, to have samples beside results")
    carries = by_sample or samples
    if carries:
        # What goes along with the samples through all the maps.
        kept = [key for key in spec if samples or key == DRAW]
        dataset = dataset.map(
            lambda x: ({k: x[k] for k in spec if k != DRAW}, {k: x[k] for k in kept})
        )
    for action in actions:
        if action.unbatched:
            dataset = dataset.unbatch()
        nothing: list[bool] = []
        mapper = _mapper(action, dataset.element_spec, carries, nothing)
        dataset = dataset.map(mapper, **action.options)
        if any(nothing):
            name = getattr(action.function, "__name__", type(action.function).__name__)
            raise UsageError(
                f"the map {name} returns None",
                concerns="map_func",
                advice="let it return a dictionary of tensors",
            )
        if action.unbatched:
            dataset = _batched(dataset, batch_size)
    if samples:
        return dataset.map(lambda x, along: (x, {k: along[k] for k in along if k != DRAW}))
    return dataset.map(lambda x, _: x) if carries else dataset


def sample_seeds(seed: int, draw: Any) -> Any:
    """Make the seed of each sample: (the map's seed, the draw's number).

    Args:
        seed: in [0, 2^32).
        draw: int64 tensor [batch], or scalar.

    Returns:
        int64 tensor [batch, 2], or [2], as the ``tf.image.stateless_*`` functions take it.
    """
    import tensorflow as tf

    return tf.stack([tf.fill(tf.shape(draw), tf.constant(seed, tf.int64)), draw], axis=-1)


def _mapper(action: Action, spec: Any, carries: bool, nothing: list[bool]) -> Callable[..., Any]:
    """The function to map, which notes in ``nothing`` whether the action's returns None."""
    function, arguments = action.function, action.arguments
    outer = spec if carries else (spec,)
    ragged = [_ragged_keys(part) if action.unbatched else () for part in outer]

    def call(x: Any, along: Any) -> Any:
        more = {"sample_seed": sample_seeds(action.seed, along[DRAW])} if action.by_sample else {}
        result = function(x, **arguments, **more)
        nothing.append(result is None)
        result = x if result is None else result
        return _wrapped(result, ragged[0]) if ragged[0] else result

    if carries:
        return lambda x, along: (call(x, along), _wrapped(along, ragged[1]))
    return (lambda x: call(x, {})) if isinstance(spec, dict) else lambda *x: call(x, {})


def _ragged_keys(spec: Any) -> tuple[str, ...]:
    import tensorflow as tf

    items = spec.items() if isinstance(spec, dict) else ()
    return tuple(key for key, value in items if isinstance(value, tf.RaggedTensorSpec))


def _wrapped(x: Any, keys: Sequence[str]) -> Any:
    """Lists of single samples as ragged tensors of one row, which TensorFlow can batch."""
    import tensorflow as tf

    if not isinstance(x, dict):
        return x
    wrapped = dict(x)
    for key in keys:
        value: Any = x.get(key)
        if isinstance(value, tf.RaggedTensor):
            wrapped[key] = tf.expand_dims(value, 0)
        elif tf.is_tensor(value) and value.shape.rank == 1:
            wrapped[key] = tf.RaggedTensor.from_row_lengths(value, [tf.size(value)])
    return wrapped


def _batched(dataset: Any, batch_size: int) -> Any:
    """Batch, and take the row out again into which `_wrapped` put lists."""
    import tensorflow as tf

    def unwrapped(*elements: Any) -> Any:
        parts = tuple(map(plain, elements))
        return parts if len(parts) > 1 else parts[0]

    def plain(x: Any) -> Any:
        if not isinstance(x, dict):
            return x
        return {
            k: v.merge_dims(0, 1) if isinstance(v, tf.RaggedTensor) else v for k, v in x.items()
        }

    return dataset.batch(batch_size).map(unwrapped)
