"""The plan: all that defines a stream, frozen, and to and from JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from brevetti_sample.arguments import (
    BATCH_SIZE,
    MAX_DRAW,
    SEED_BITS,
    as_flag,
    as_integer,
    as_seed,
    as_stream,
    as_text,
    as_times,
)
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import ColumnError, PlanError, UsageError
from brevetti_sample.groups.class_names import as_class_names
from brevetti_sample.groups.grouping import Grouping, count_rows, group_rows
from brevetti_sample.groups.keys import Key, label
from brevetti_sample.groups.row_index import RowIndex
from brevetti_sample.groups.selection import Where, as_where
from brevetti_sample.manifests.manifest import Manifest, read_manifest
from brevetti_sample.messages import listed, quoted

from .differences import group_differences
from .plan_checks import as_counts, as_texts, check_groups

if TYPE_CHECKING:
    from .saved_plan import SavedPlan

FORMAT = "brevetti-sample plan"
VERSION = 1
_ANOTHER = "use the manifest that the plan was made for, or make a new plan"
_WHERE = ("column", "value")
MOST_BYTES = 256 << 20
"""No saved plan is larger; one of a million groups takes 60 MB."""
_MAX_TIME = 1 << 62
PLAIN_FIELDS = ("stream", "seed", "shuffle", "repeat", "batch_size", "draws")


@dataclass(frozen=True, eq=False)
class Plan:
    """The frozen description of a stream. Made by `make_plan` or `Plan.from_json`.

    Two plans are equal if they define the same stream and range, whatever the manifest is called.

    Attributes:
        groupby: the columns that make the groups.
        weighting: the rule, as text; the weights themselves are in ``weights``.
        keys: the groups' keys, in order.
        sizes: int64 [groups], rows of each group.
        weights: int64 [groups]; a group's share is its weight over their sum (at most 2^31).
        seed: in [0, 2^64); of the ``brevettiai`` stream in [0, 2^32).
        stream: one of `arguments.STREAMS`.
        shuffle: whether rows and places are random; if not, the order is an even interleave.
        repeat: True for an endless stream; k for each group k times; False for once.
        batch_size: draws a batch.
        draws: how many draws to make from the start on.
        fingerprint: the SHA-256 of the manifest, if it has been computed.
        where: which rows of the manifest it draws from, as a column and the text of a value; None
            for all. The groups are made of those rows.
        class_names: the classes of an export's samples, in the order of their numbers; None for
            those that the samples have.

    Raises:
        UsageError: a value that makes no sense.
    """

    groupby: tuple[str, ...]
    weighting: str
    keys: tuple[Key, ...]
    sizes: Int64Array
    weights: Int64Array
    seed: int = 0
    stream: str = "stratified"
    shuffle: bool = True
    repeat: bool | int = True
    batch_size: int = BATCH_SIZE
    draws: int = 0
    fingerprint: str | None = None
    where: Where | None = None
    class_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        groupby = as_texts(self.groupby, "groupby")
        sizes, weights = as_counts(self.sizes, "sizes"), as_counts(self.weights, "weights")
        checked = {
            "groupby": groupby,
            "weighting": as_text(self.weighting, "weighting"),
            "sizes": sizes,
            "weights": weights,
            "keys": check_groups(len(groupby), self.keys, sizes, weights),
            "seed": as_seed(self.seed, SEED_BITS[as_stream(self.stream)]),
            "shuffle": as_flag(self.shuffle, "shuffle"),
            "repeat": as_times(self.repeat),
            "batch_size": as_integer(self.batch_size, "batch_size", 1, MAX_DRAW),
            "draws": as_integer(self.draws, "draws", 0, MAX_DRAW),
        }
        if self.fingerprint is not None:
            checked["fingerprint"] = as_text(self.fingerprint, "fingerprint")
        if self.class_names is not None:
            checked["class_names"] = as_class_names(self.class_names, "class_names")
        checked["where"] = as_where(self.where)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.cycles is not None:
            active = self.weights > 0
            slowest = float((self.sizes[active] / self.weights[active]).max())
            if slowest * self.total * min(self.cycles, _MAX_TIME) >= _MAX_TIME:
                raise UsageError(
                    f"{self.cycles} times takes too long at weights this unequal",
                    parameter="repeat",
                    advice="use an endless stream",
                )
        self.sizes.flags.writeable = False
        self.weights.flags.writeable = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def rows(self) -> int:
        """Rows that it draws from, of the manifest; also the draws of an epoch."""
        return int(self.sizes.sum())

    @property
    def total(self) -> int:
        """The sum of the weights."""
        return int(self.weights.sum())

    @property
    def cycles(self) -> int | None:
        """How often each group is drawn through; None for an endless stream."""
        return None if self.repeat is True else 1 if self.repeat is False else self.repeat

    @property
    def length(self) -> int | None:
        """How many draws the stream has at all; None for an endless one."""
        cycles = self.cycles
        return None if cycles is None else cycles * int(self.sizes[self.weights > 0].sum())

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The groups' labels, in order."""
        return tuple(map(label, self.keys))

    @property
    def excluded(self) -> list[str]:
        """The labels of the groups that are never drawn."""
        return [self.labels[group] for group in np.flatnonzero(self.weights == 0).tolist()]

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal digits, of all but the fingerprint."""
        import hashlib

        text = json.dumps(self._fields(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _fields(self) -> dict[str, Any]:
        columns = zip(self.keys, self.sizes.tolist(), self.weights.tolist(), strict=True)
        optional: dict[str, Any] = {}  # absent where they are None, for the digest's sake
        if self.where is not None:
            optional["where"] = dict(zip(_WHERE, self.where, strict=True))
        if self.class_names is not None:
            optional["class_names"] = self.class_names
        return {
            "format": FORMAT,
            "version": VERSION,
            **{name: getattr(self, name) for name in PLAIN_FIELDS},
            "groupby": self.groupby,
            "weighting": self.weighting,
            **optional,
            "groups": [{"key": k, "rows": n, "weight": w} for k, n, w in columns],
        }

    def to_json(self) -> str:
        """Write the plan as JSON, a line a group, ending in a newline.

        Raises:
            UsageError: so many groups that `from_json` would refuse it.

        Example:
            >>> from brevetti_sample import make_plan, read_manifest
            >>> plan = make_plan(read_manifest([{"a": 1}, {"a": 2}]), groupby="a")
            >>> Plan.from_json(plan.to_json()) == plan
            True
        """
        fields = self._fields()
        write = partial(json.dumps, ensure_ascii=False)
        groups = ",\n".join(f"    {_group_json(group)}" for group in fields.pop("groups"))
        fields |= {"manifest_rows": self.rows, "manifest_sha256": self.fingerprint}
        fields |= {"digest": self.digest}
        lines = ",\n".join(f"  {write(name)}: {write(value)}" for name, value in fields.items())
        text = f'{{\n{lines},\n  "groups": [\n{groups}\n  ]\n}}\n'
        if len(text) > MOST_BYTES // 4 and len(text.encode()) > MOST_BYTES:
            raise UsageError(
                f"of {len(self.keys)} groups takes more than {MOST_BYTES >> 20} MiB",
                parameter="plan",
                advice="group by columns of fewer or shorter values",
            )
        return text

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "the plan") -> Plan:
        """Read a plan that `to_json` wrote.

        Args:
            text: the JSON.
            name: what to call it in messages.

        Raises:
            PlanError: no JSON, no plan, another version, or changed by hand.
        """
        from brevetti_sample.files.typed_json import JSONError, read_versioned

        from .saved_plan import SavedPlan

        try:
            saved = read_versioned(text, SavedPlan, FORMAT, VERSION)
        except JSONError as error:
            raise _refused(error.reason, name, error.field) from error
        return cls.from_saved(saved, name)

    @classmethod
    def from_saved(cls, saved: SavedPlan, name: str = "the plan") -> Plan:
        """Make the plan that a saved one describes.

        Args:
            saved: its fields, of the right types.
            name: what to call it in messages.

        Raises:
            PlanError: fields that cannot be, or that do not fit the digest.
        """
        count = len(saved.groups)
        try:
            plan = cls(
                groupby=tuple(saved.groupby),
                weighting=saved.weighting,
                keys=saved.keys(),
                sizes=np.fromiter((group.rows for group in saved.groups), np.int64, count),
                weights=np.fromiter((group.weight for group in saved.groups), np.int64, count),
                fingerprint=saved.manifest_sha256,
                where=None if saved.where is None else (saved.where.column, saved.where.value),
                class_names=None if saved.class_names is None else tuple(saved.class_names),
                **{name: getattr(saved, name) for name in PLAIN_FIELDS},
            )
        except UsageError as error:
            field = _SAVED_AS.get(str(error.parameter), error.parameter)
            raise _refused(error.reason.removeprefix("the seed "), name, field) from error
        if plan.digest != saved.digest:
            raise _refused("was changed: its digest is not that of its contents", name)
        if plan.rows != saved.manifest_rows:
            raise _refused("is not the sum of the rows of the groups", name, "manifest_rows")
        return plan

    def bind(self, manifest: Any, *, sizes_only: bool = False) -> BoundPlan:
        """Bind the plan to its manifest: group the rows once, and check that it is the one.

        Args:
            manifest: the manifest that the plan was made for, as `read_manifest` takes it.
            sizes_only: whether to count the rows of each group without keeping which they are:
                quicker, for what only asks how often each group is drawn.

        Raises:
            PlanError: another manifest, with the difference.
            ManifestError: the manifest is damaged or empty.

        Example:
            >>> from brevetti_sample import bundled_manifest, make_plan
            >>> plan = make_plan(bundled_manifest(), groupby="folder")
            >>> plan.bind(bundled_manifest()).index.rows.shape
            (180,)
        """
        opened = read_manifest(manifest)
        group = count_rows if sizes_only else group_rows
        try:
            grouping = group(opened, self.groupby, self.where)
        except UsageError as error:
            if isinstance(error, ColumnError):
                reason = f"it has no column {listed(error.columns)}"
            elif error.column is not None:
                reason = f"column {quoted(error.column)} {error.reason}"
            else:
                raise
            raise PlanError(
                f"is not the manifest of the plan: {reason}",
                source=opened.name,
                advice=_ANOTHER,
            ) from error
        return BoundPlan(self, opened, grouping)


@dataclass(frozen=True, eq=False)
class BoundPlan:
    """A plan with the manifest that it draws from: checked and grouped once. See `Plan.bind`.

    Attributes:
        plan: the plan.
        manifest: the manifest.
        grouping: the manifest's rows by the plan's groupby.

    Raises:
        PlanError: the manifest is not the one that the plan was made for, with the difference.
    """

    plan: Plan
    manifest: Manifest
    grouping: Grouping

    def __post_init__(self) -> None:
        plan, manifest, grouping = self.plan, self.manifest, self.grouping
        differences = []
        if grouping.keys is not plan.keys or grouping.sizes is not plan.sizes:
            now = dict(zip(grouping.keys, grouping.sizes.tolist(), strict=True))
            then = dict(zip(plan.keys, plan.sizes.tolist(), strict=True))
            differences = group_differences(now, then, "the plan")
        if not differences and plan.fingerprint and plan.fingerprint != manifest.fingerprint():
            hashes = f"{manifest.fingerprint()[:12]}, {plan.fingerprint[:12]} in the plan"
            differences = [f"its SHA-256 begins with {hashes}, the groups alike"]
        if differences:
            raise PlanError(
                f"is not the manifest of the plan: {'; '.join(differences)}",
                source=manifest.name,
                advice=_ANOTHER,
            )

    @cached_property
    def index(self) -> RowIndex:
        """The rows of each group, sorted when they are first asked for."""
        return self.grouping.index()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the manifest, in hexadecimal digits; computed at most once."""
        return self.plan.fingerprint or self.manifest.fingerprint()


def _group_json(group: dict[str, Any]) -> str:
    try:
        return json.dumps(group, ensure_ascii=False, allow_nan=False)
    except ValueError:
        from .saved_plan import with_infinities

        return json.dumps(group | {"key": with_infinities(group["key"])}, ensure_ascii=False)


_SAVED_AS = {"keys": "groups", "sizes": "groups", "weights": "groups"}


def _refused(reason: str, name: str, field: str | None = None) -> PlanError:
    return PlanError(reason, source=name, field=field, advice="save the plan again")


def last_draw(plan: Plan) -> int:
    """Return the number of draws that a stream has, 2^60 of an endless one.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> last_draw(make_plan(bundled_manifest(), repeat=2))
        360
    """
    return MAX_DRAW if plan.length is None else plan.length
