"""The plan: all that defines a stream, frozen, and to and from JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from brevetti_sample.arguments import (
    BATCH_SIZE,
    MAX_DRAW,
    SEED_BITS,
    as_integer,
    as_seed,
    as_stream,
)
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import PlanError, UsageError
from brevetti_sample.groups.class_names import check_class_names
from brevetti_sample.groups.grouping import Grouping, count_rows, group_rows
from brevetti_sample.groups.keys import Key, label
from brevetti_sample.groups.row_index import RowIndex
from brevetti_sample.groups.selection import Where, as_where
from brevetti_sample.groups.weighting import MAX_TOTAL
from brevetti_sample.manifests.manifest import Manifest, read_manifest
from brevetti_sample.messages import quoted

from .differences import group_differences

FORMAT = "brevetti-sample plan"
VERSION = 1
_ANOTHER = "use the manifest that the plan was made for, or make a new plan"
_WHERE = ("column", "value")
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
        as_seed(self.seed, SEED_BITS[as_stream(self.stream)])
        as_integer(self.batch_size, "batch_size", 1, MAX_DRAW)
        as_integer(self.draws, "draws", 0, MAX_DRAW)
        if self.repeat < 0:
            raise UsageError(f"must be at least 0, not {self.repeat}", parameter="repeat")
        if self.cycles is not None:
            active = self.weights > 0
            slowest = float((self.sizes[active] / self.weights[active]).max())
            if slowest * self.total * self.cycles >= _MAX_TIME:
                raise UsageError(
                    f"{self.cycles} times takes too long at weights this unequal",
                    parameter="repeat",
                    advice="use an endless stream",
                )
        if self.class_names is not None:
            check_class_names(self.class_names, "class_names")
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

        Example:
            >>> from brevetti_sample import make_plan, read_manifest
            >>> plan = make_plan(read_manifest([{"a": 1}, {"a": 2}]), groupby="a")
            >>> Plan.from_json(plan.to_json()) == plan
            True
        """
        fields = self._fields()
        write = partial(json.dumps, ensure_ascii=False)
        groups = ",\n".join(f"    {write(group)}" for group in fields.pop("groups"))
        fields |= {"manifest_rows": self.rows, "manifest_sha256": self.fingerprint}
        fields |= {"digest": self.digest}
        lines = ",\n".join(f"  {write(name)}: {write(value)}" for name, value in fields.items())
        return f'{{\n{lines},\n  "groups": [\n{groups}\n  ]\n}}\n'

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "the plan") -> Plan:
        """Read a plan that `to_json` wrote.

        Args:
            text: the JSON.
            name: what to call it in messages.

        Raises:
            PlanError: no JSON, no plan, another version, or changed by hand.
        """
        refuse = partial(PlanError, source=name, advice="save the plan again")
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise refuse(f"is not JSON ({error})") from error
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise refuse("is not a plan of brevetti-sample")
        if data.get("version") != VERSION:
            raise refuse(f"is of version {data.get('version')}, not {VERSION}")
        try:
            plan = cls(
                groupby=tuple(data["groupby"]),
                weighting=data["weighting"],
                keys=tuple(_frozen(group["key"]) for group in data["groups"]),
                sizes=np.array([group["rows"] for group in data["groups"]], dtype=np.int64),
                weights=np.array([group["weight"] for group in data["groups"]], dtype=np.int64),
                fingerprint=data["manifest_sha256"],
                where=_where(data.get("where")),
                class_names=_class_names(data.get("class_names")),
                **{name: data[name] for name in PLAIN_FIELDS},
            )
            changed = plan.digest != data["digest"]
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            kind = type(error).__name__
            raise refuse(f"is damaged ({kind} {error})") from error
        if changed or not 0 < plan.total <= MAX_TOTAL or int(plan.sizes.min()) < 1:
            raise refuse("was changed: its digest is not that of its contents")
        return plan

    def bind(self, manifest: Any, *, sizes_only: bool = False) -> BoundPlan:
        """Bind the plan to its manifest: group the rows once, and check that it is the one.

        Args:
            manifest: the manifest that the plan was made for, as `read_manifest` takes it.
            sizes_only: whether to count the rows of each group without keeping which they are:
                quicker, for what only asks how often each group is drawn.

        Raises:
            PlanError: another manifest, with the difference.
            ColumnError: the manifest has no such groupby column.
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
            if error.parameter != "where":
                raise
            raise PlanError(
                f"is not the manifest of the plan: column {quoted(error.column)} {error.reason}",
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


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _where(value: Any) -> Where | None:
    if value is None:
        return None
    if set(value) != set(_WHERE):
        raise ValueError("where must be a column and a value")
    return as_where([value[name] for name in _WHERE])


def _class_names(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("class_names must be a list of texts")
    return tuple(value)


def last_draw(plan: Plan) -> int:
    """Return the number of draws that a stream has, 2^60 of an endless one.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> last_draw(make_plan(bundled_manifest(), repeat=2))
        360
    """
    return MAX_DRAW if plan.length is None else plan.length
