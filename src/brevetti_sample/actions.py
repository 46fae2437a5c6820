"""Actions: the functions that a generator maps over its samples, and the seeds that they get."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import UsageError
from .pipeline import DRAW


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


def apply_actions(dataset: Any, actions: Sequence[Action], batch_size: int) -> Any:
    """Map actions over a data set of batches, one after the other.

    Args:
        dataset: a `tf.data.Dataset` of dictionaries; with a column `DRAW` if an action asks for
            seeds by sample, which is taken out before the first action.
        actions: the actions.
        batch_size: for the batches to make again after an action on single samples.

    Raises:
        UsageError: the column `DRAW` is wanted, but not there.
    """
    by_sample = any(action.by_sample for action in actions)
    if by_sample:
        if not isinstance(dataset.element_spec, dict) or DRAW not in dataset.element_spec:
            raise UsageError(
                f"build_dataset left out '{DRAW}', from which sample_seed is made; pass it on"
            )
        dataset = dataset.map(lambda x: ({k: x[k] for k in x if k != DRAW}, x[DRAW]))
    for action in actions:
        if action.unbatched:
            dataset = dataset.unbatch()
        dataset = dataset.map(_mapper(action, dataset.element_spec, by_sample), **action.options)
        if action.unbatched:
            dataset = _batched(dataset, batch_size)
    return dataset.map(lambda x, _: x) if by_sample else dataset


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


def _mapper(action: Action, spec: Any, by_sample: bool) -> Callable[..., Any]:
    function, arguments = action.function, action.arguments
    ragged = _ragged_keys(spec[0] if by_sample else spec) if action.unbatched else ()

    def call(x: Any, draw: Any = None) -> Any:
        more = {"sample_seed": sample_seeds(action.seed, draw)} if action.by_sample else {}
        result = function(x, **arguments, **more)
        return _wrapped(result, ragged) if ragged else result

    if by_sample:
        return lambda x, draw: (call(x, draw), draw)
    return call if isinstance(spec, dict) else lambda *x: call(x)


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
        x = elements[0]
        if isinstance(x, dict):
            x = {
                key: value.merge_dims(0, 1) if isinstance(value, tf.RaggedTensor) else value
                for key, value in x.items()
            }
        return (x, *elements[1:]) if len(elements) > 1 else x

    return dataset.batch(batch_size).map(unwrapped)
