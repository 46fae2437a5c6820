"""The source of a generator: samples, the stream that draws them, and its seeds."""

from __future__ import annotations

import copy
import hashlib
import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from brevetti_sample.arguments import as_flag, as_integer
from brevetti_sample.arrays.types import Float64Array
from brevetti_sample.errors import ManifestError, UsageError, argument
from brevetti_sample.groups.grouping import group_rows
from brevetti_sample.groups.weighting import Weighting, group_weight
from brevetti_sample.manifests.from_python import as_manifest
from brevetti_sample.messages import printable
from brevetti_sample.streams.cursors import Cursors
from brevetti_sample.streams.hashing import MAP, keys
from brevetti_sample.streams.philox import DEFAULT_SEED
from brevetti_sample.streams.plan import BoundPlan
from brevetti_sample.streams.planning import make_plan
from brevetti_sample.streams.replay import ReplayStream, float_shares
from brevetti_sample.streams.stratified import Stream

from .tensor_columns import make_tensor_columns

GROUP = "_sampling_group"
"""The column with the group of each draw: int64, a position in the plan's groups."""
DRAW = "_draw"
"""The column with the number of each draw in the stream, int64: there for `sample_seed` only."""

Seed: TypeAlias = int | Sequence[int] | np.ndarray[Any, Any] | np.random.RandomState | None
"""What a generator takes as a seed."""

_LOG = logging.getLogger("brevetti_sample")


class Source:
    """Samples and the stream that draws them. Made by `make_source`.

    Args:
        bound_plan: the plan, bound to the samples.
        weights: float64 [groups], what a weighting function gave, of the ``brevettiai`` stream.
        keys: the groups' keys as the samples have them; by default those of the plan.
        random: of the ``brevettiai`` stream, the generator to take everything from.
        narrow: whether numbers are as narrow as they can be; otherwise 64 bits wide.

    Attributes:
        plan: the plan.
        stream: its stream.
        columns: the columns that can be tensors.
        cursors: the stream, open at several positions.
        graph_seed: of the ``brevettiai`` stream, the seed that TensorFlow had been given.
    """

    def __init__(
        self,
        bound_plan: BoundPlan,
        *,
        weights: Float64Array | None = None,
        keys: Sequence[Any] | None = None,
        random: np.random.RandomState | None = None,
        narrow: bool = False,
    ) -> None:
        self._bound_plan = bound_plan
        self._keys = keys
        self.plan = bound_plan.plan
        self.graph_seed: int | None = None
        self._shares = self.plan.weights / self.plan.total
        self.stream: Stream | ReplayStream
        if self.plan.stream == "brevettiai":
            self.graph_seed = _graph_seed()
            self._shares = float_shares(self.plan, weights)
            self.stream = ReplayStream(
                self.plan,
                bound_plan.index,
                random=random,
                share=self._shares,
                graph_seed=self.graph_seed,
            )
        else:
            self.stream = Stream(self.plan, bound_plan.index)
        manifest = bound_plan.manifest
        self.columns = make_tensor_columns(manifest.read(manifest.columns), narrow=narrow)
        if not self.columns:
            raise ManifestError(
                "has no column that can be a tensor", source=manifest.name, advice="see the log"
            )
        for name in {GROUP, DRAW} & {column.name for column in self.columns}:
            _LOG.warning("column '%s' is replaced: it is a name of the generator's own", name)
        self.cursors = Cursors(self.stream)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the samples; computed when it is first asked for."""
        return self._bound_plan.manifest.fingerprint()

    def batched(self, batch_size: int) -> Source:
        """Return the same source with batches of another size."""
        other = copy.copy(self)
        other.plan = replace(self.plan, batch_size=as_integer(batch_size, "batch_size"))
        other.stream = copy.copy(self.stream)
        other.stream.plan = other.plan
        other.cursors = Cursors(other.stream)
        return other

    def map_seed(self, number: int) -> int:
        """Make the seed of a map, in [0, 2^32).

        Args:
            number: how many maps come before it. The ``brevettiai`` stream goes by the order in
                which maps are made instead: it takes them one after the other from its generator.
        """
        if isinstance(self.stream, ReplayStream):
            return int(self.stream.random.randint(1 << 32, dtype=np.uint64))
        return int(keys(self.plan.seed, MAP, number + 1)[number] >> np.uint64(32))

    def sample_weights(self) -> dict[Any, float]:
        """Each group's share by its key; by its values if the groupby has several columns."""
        names = self._keys or [key[0] if len(key) == 1 else key for key in self.plan.keys]
        return dict(zip(names, self._shares.tolist(), strict=True))


def make_source(
    samples: Any,
    groupby: str | Sequence[str] | None,
    weighting: Weighting,
    seed: Seed,
    stream: str,
    shuffle: bool,
    repeat: bool | int | None,
    batch_size: int,
    *,
    narrow: bool = False,
    presets: Mapping[str, Sequence[str] | None] = MappingProxyType({}),
) -> Source:
    """Make a source of samples.

    Args:
        samples: as of `as_manifest`; or a bound plan, and then only ``narrow`` counts.
        groupby: the column or columns that make the groups.
        weighting: from the size of a group to its weight.
        seed: an integer, None or negative for one from the system, a list or array of integers as
            NumPy's ``RandomState`` takes them, or a generator to take it from.
        stream: one of `arguments.STREAMS`.
        shuffle: False for manifest order.
        repeat: True or negative: endless; k: each group k times; False, None or 0: once.
        batch_size: draws a batch.
        narrow: whether numbers are as narrow as they can be; otherwise 64 bits wide.
        presets: names that stand for groupby columns, where the samples have no such column.

    Example:
        >>> source = make_source([{"a": 1}], None, "uniform", 1, "stratified", False, False, 2)
        >>> source.plan.length, [column.name for column in source.columns]
        (1, ['a'])
    """
    if isinstance(samples, BoundPlan):
        return Source(samples, narrow=narrow)
    by_name = presets.get(groupby, ()) if isinstance(groupby, str) else ()
    manifest = as_manifest(samples, [*_columns(groupby), *(by_name or ())])
    if isinstance(groupby, str) and groupby in presets and groupby not in manifest.columns:
        groupby = presets[groupby]
    columns = _columns(groupby)
    grouping = group_rows(manifest, list(dict.fromkeys(columns))).with_keys_of(columns)
    random = _random_of(seed)
    number: Any = seed if random is None else _seed_of(random, stream)
    keys = grouping.original_keys()
    given: dict[Any, Any] = {}
    plan = make_plan(
        grouping,
        weighting=_noting(weighting, given) if callable(weighting) else weighting,
        seed=number,
        stream=stream,
        shuffle=as_flag(shuffle, "shuffle"),
        repeat=_times(repeat),
        batch_size=batch_size,
    )
    bound = BoundPlan(plan, manifest, grouping)
    weights = np.array([_float(given.get(key, 0)) for key in keys]) if given else None
    return Source(bound, weights=weights, keys=keys, random=random, narrow=narrow)


def one_of(name: str, value: Any, older_name: str, older_value: Any, default: Any = None) -> Any:
    """Choose the value of an argument that has an older name too.

    Args:
        name: the name.
        value: its value; None if it is not passed.
        older_name: the older name.
        older_value: its value.
        default: the older value if that is not passed.

    Raises:
        UsageError: both are given.

    Example:
        >>> one_of("groupby", None, "sampling_groupby", "folder")
        'folder'
    """
    if value is None:
        return older_value
    # Of one type, so that arrays are not compared with texts, element by element.
    if type(older_value) is not type(default) or older_value != default:
        raise UsageError(
            f"{argument(name)} and {argument(older_name)} are two names of one argument",
            advice="pass one of them",
        )
    return value


def refuse_arguments_of_the_stream(names: Sequence[str]) -> None:
    """Refuse arguments that a bound plan has fixed.

    Raises:
        UsageError: naming them, if there are any.
    """
    if names:
        raise UsageError(
            f"{' and '.join(map(argument, names))} cannot be passed beside a bound plan",
            advice="the plan fixes the stream",
        )


def _columns(groupby: Any) -> tuple[str, ...]:
    if groupby is None or isinstance(groupby, str | int):
        return () if groupby is None else (str(groupby),)
    if not isinstance(groupby, Iterable):
        raise UsageError(
            f"must be a column or a list of columns, not {groupby!r}", parameter="groupby"
        )
    return tuple(map(str, groupby))


def _times(repeat: bool | int | None) -> bool | int:
    if repeat is None or isinstance(repeat, bool | np.bool_):
        return bool(repeat)
    times = as_integer(repeat, "repeat")
    return True if times < 0 else times or False


def _noting(function: Callable[..., Any], given: dict[Any, Any]) -> Callable[..., Any]:
    """A weighting function that notes what it gives by key, for it is called once a group."""

    def weight(count: int, key: Any) -> Any:
        given[key] = group_weight(function, count, key)
        return given[key]

    return weight


def _float(weight: Any) -> float:
    return float(Fraction(weight) if isinstance(weight, str) else weight)


def _random_of(seed: Any) -> np.random.RandomState | None:
    """The generator that a seed is, or that NumPy makes of one that is no number."""
    if isinstance(seed, np.random.RandomState):
        return seed
    single = isinstance(seed, str | bytes | dict | int) or np.ndim(seed) == 0
    if single and not isinstance(seed, np.random.BitGenerator):
        return None
    try:
        return np.random.RandomState(seed)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"must be whole numbers from 0 to 2^32 - 1: {printable(error)}", parameter="seed"
        ) from error


def _seed_of(random: np.random.RandomState, stream: str) -> int:
    """A seed from a generator. The replay takes more from it, so it is only looked at there."""
    if stream != "brevettiai":
        return int.from_bytes(random.bytes(8), "little") >> 1
    state: Mapping[str, Any] = random.get_state(legacy=False)
    if "key" in state["state"]:
        words, position = state["state"]["key"], state["state"]["pos"]
        content = words.tobytes() + bytes(str(position), "ascii")
    else:  # of another bit generator than the Mersenne Twister
        content = bytes(repr(sorted(state["state"].items())), "ascii")
    digest = hashlib.sha256(content).digest()
    return int.from_bytes(digest[:4], "little")


def _graph_seed() -> int:
    """What the program has passed to ``tf.random.set_seed``, on which data sets depend."""
    tensorflow = sys.modules.get("tensorflow")
    return DEFAULT_SEED if tensorflow is None else int(tensorflow.compat.v1.get_seed(0)[0])
