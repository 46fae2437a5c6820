"""The options that the commands share, and what they stand for."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UsageError, listed
from . import console

if TYPE_CHECKING:
    from ..grouping import Grouping
    from ..manifest import Manifest
    from ..plan import Plan

_SAMPLING, _RANGE, _OUTPUT = "Sampling", "Range", "Output"

ManifestArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MANIFEST]...",
        show_default=False,
        help="CSV or Parquet: a file, several, a folder, a pattern, or - for standard input. "
        "Without it: what is piped in, else the bundled listing.",
    ),
]
GroupbyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--groupby",
        "-g",
        metavar="COLUMN",
        show_default=False,
        help="Group the rows by this column; give it again for several. Without it all rows are "
        "one group.",
        rich_help_panel=_SAMPLING,
    ),
]
WeightingOption = Annotated[
    str | None,
    typer.Option(
        "--weighting",
        "-w",
        metavar="RULE",
        show_default="uniform",
        help="From the size of a group to its weight: uniform, count, 'square root', log, logx+1, "
        "power:A.",
        rich_help_panel=_SAMPLING,
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="GROUP=N,...|FILE",
        show_default=False,
        help="The weight of each group, as good=1,bad=2.5, or a CSV file with the groupby columns "
        "and weight.",
        rich_help_panel=_SAMPLING,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        show_default="0",
        help="The same seed gives the same draws; below 0: one from the system, which is told.",
        rich_help_panel=_SAMPLING,
    ),
]
ShuffleOption = Annotated[
    bool | None,
    typer.Option(
        "--shuffle/--no-shuffle",
        show_default="shuffle",
        help="Random places and rows, or an even interleave in manifest order.",
        rich_help_panel=_SAMPLING,
    ),
]
RepeatOption = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        metavar="K",
        min=1,
        show_default="endless",
        help="Draw each group K times through, then end.",
        rich_help_panel=_SAMPLING,
    ),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        "-b",
        metavar="N",
        min=1,
        show_default="32",
        help="Draws a batch; the order does not depend on it.",
        rich_help_panel=_SAMPLING,
    ),
]
PlanOption = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="FILE",
        show_default=False,
        help="Take all of these from a saved plan.",
        rich_help_panel=_SAMPLING,
    ),
]
DrawsOption = Annotated[
    int | None,
    typer.Option(
        "--draws",
        "-n",
        metavar="N",
        min=1,
        show_default="to the end of an epoch",
        help="How many draws.",
        rich_help_panel=_RANGE,
    ),
]
BatchesOption = Annotated[
    int | None,
    typer.Option(
        "--batches",
        metavar="N",
        min=1,
        show_default=False,
        help="How many batches.",
        rich_help_panel=_RANGE,
    ),
]
EpochsOption = Annotated[
    int | None,
    typer.Option(
        "--epochs",
        metavar="N",
        min=1,
        show_default=False,
        help="How many epochs: as many draws each as the manifest has rows.",
        rich_help_panel=_RANGE,
    ),
]
StartOption = Annotated[
    int,
    typer.Option(
        "--start",
        metavar="K",
        min=0,
        help="Begin at draw K.",
        rich_help_panel=_RANGE,
    ),
]
OutputOption = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to write; - is standard output.",
        rich_help_panel=_OUTPUT,
    ),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="No notices on standard error.", rich_help_panel=_OUTPUT
    ),
]
DebugOption = Annotated[
    bool,
    typer.Option(
        "--debug", help="Show the traceback of an error.", rich_help_panel=_OUTPUT
    ),
]


@dataclass(frozen=True)
class Sampling:
    """The sampling options of a command as they were given; None for what was not."""

    groupby: list[str] | None
    weighting: str | None
    weights: str | None
    seed: int | None
    shuffle: bool | None
    repeat: int | None
    batch_size: int | None
    plan: str | None

    def __post_init__(self) -> None:
        given = [
            f"--{name.replace('_', '-')}"
            for name, value in vars(self).items()
            if value is not None and name != "plan"
        ]
        if self.plan is not None and given:
            raise UsageError(f"{' and '.join(given)}: the plan fixes this; leave out it or --plan")
        if self.weighting is not None and self.weights is not None:
            raise UsageError("give either --weighting or --weights, not both")


@dataclass(frozen=True)
class Range:
    """The range options of a command as they were given; None for what was not."""

    draws: int | None
    batches: int | None
    epochs: int | None
    start: int

    def __post_init__(self) -> None:
        counts = {"--draws": self.draws, "--batches": self.batches, "--epochs": self.epochs}
        given = [name for name, value in counts.items() if value is not None]
        if len(given) > 1:
            raise UsageError(f"give one of {' and '.join(given)}")

    def stop(self, end: int, rows: int, batch_size: int) -> int:
        """The draw number to stop before; ``end`` if no option says how many draws."""
        if self.draws is not None:
            return self.start + self.draws
        if self.batches is not None:
            return self.start + self.batches * batch_size
        if self.epochs is not None:
            return self.start + self.epochs * rows
        return end


def open_manifest(sources: list[str] | None) -> Manifest:
    """Open the manifest that was named, or is piped in, or is bundled."""
    from ..manifest import bundled_manifest, from_bytes, read_manifest

    if sources == ["-"]:
        return from_bytes(sys.stdin.buffer.read(), "standard input")
    if sources:
        if "-" in sources:
            raise UsageError("standard input (-) cannot be read together with files")
        return read_manifest(sources)
    data = _piped()
    if data:
        return from_bytes(data, "standard input")
    empty = "" if data is None else "; standard input is empty"
    console.say(f"no manifest given{empty}: this is the bundled listing of 180 bottle images")
    return bundled_manifest()


def _piped() -> bytes | None:
    """What is piped or redirected to standard input; None if nothing is."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # closed, or replaced by a test
        return None
    if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
        return None
    return sys.stdin.buffer.read()


def load(
    sources: list[str] | None, sampling: Sampling, span: Range, *, fingerprint: bool = False
) -> tuple[Manifest, Grouping, Plan, int]:
    """Open the manifest, group it, and make the plan or load it.

    Returns:
        The manifest, its grouping, the plan, and the draw number to stop before.
    """
    if sampling.plan is not None:
        from ..grouping import group_rows
        from ..plan import Plan

        plan = Plan.from_json(_read(sampling.plan), f"'{sampling.plan}'")
        manifest = open_manifest(sources)
        grouping = group_rows(manifest, plan.groupby)
        plan.check(manifest, grouping)
        return manifest, grouping, plan, span.stop(plan.draws, plan.rows, plan.batch_size)
    manifest = open_manifest(sources)
    grouping = _group(manifest, sampling.groupby)

    from ..grouping import missing_rows
    from ..plan import make_plan

    rows, batch_size = int(grouping.sizes.sum()), sampling.batch_size or 32
    stop = span.stop(rows, rows, batch_size)
    plan = make_plan(
        grouping,
        weighting=_weighting(sampling, grouping),
        seed=sampling.seed or 0,
        shuffle=sampling.shuffle is not False,
        repeat=sampling.repeat or True,
        batch_size=batch_size,
        draws=stop,
        fingerprint=manifest.fingerprint() if fingerprint else None,
    )
    missing = missing_rows(grouping)
    if missing:
        console.say(
            f"{missing} rows have no value in {listed(grouping.columns)}; they are a group of "
            "their own"
        )
    if plan.excluded:
        console.say(f"the weight of {listed(plan.excluded)} is zero: never drawn")
    if sampling.seed is not None and sampling.seed < 0:
        console.say(f"the seed is {plan.seed}")
    return manifest, grouping, plan, stop


def _group(manifest: Manifest, groupby: list[str] | None) -> Grouping:
    """Group the rows; while Arrow reads them, import the modules that come next."""
    from concurrent.futures import ThreadPoolExecutor
    from importlib import import_module

    from ..grouping import group_rows

    with ThreadPoolExecutor(1) as pool:
        grouping = pool.submit(group_rows, manifest, groupby)
        import_module("..frequency", __package__)
        return grouping.result()


def _weighting(sampling: Sampling, grouping: Grouping) -> Any:
    if sampling.weights is None:
        return sampling.weighting or "uniform"
    from .weights import read_weights

    return read_weights(sampling.weights, grouping.columns)


def _read(path: str) -> bytes:
    from ..errors import PlanError

    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise PlanError(
            f"cannot read the plan '{path}': {error.strerror}; save one with plan --save-plan"
        ) from error
