"""The options that the commands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from brevetti_sample.errors import UsageError
from brevetti_sample.messages import printable

from .keys import ENDLESS, number, times


def _times(text: str) -> int:
    try:
        return times(number(text))
    except ValueError as error:
        raise typer.BadParameter(f"must be {error}, not '{printable(text)}'") from None


_SAMPLING, _RANGE, _OUTPUT = "Sampling", "Range", "Output"

ManifestArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MANIFEST]...",
        show_default=False,
        help="CSV or Parquet: a file, several, a folder, a pattern, or - for standard input. "
        "Without it: what is piped in, else what is configured, else the bundled listing.",
    ),
]
GroupbyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--groupby",
        "-g",
        metavar="COLUMN",
        show_default=False,
        help="Group the rows by this column; give it again for several. Without it, or with '', "
        "all rows are one group.",
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
StreamOption = Annotated[
    str | None,
    typer.Option(
        "--stream",
        metavar="NAME",
        show_default="stratified",
        help="stratified, or brevettiai: draw for draw as brevettiai 0.x did.",
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
        metavar=f"K|{ENDLESS}",
        parser=_times,
        show_default=ENDLESS,
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
    typer.Option("--quiet", "-q", help="No notices on standard error.", rich_help_panel=_OUTPUT),
]
DebugOption = Annotated[
    bool,
    typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel=_OUTPUT),
]


@dataclass(frozen=True)
class Sampling:
    """The sampling options of a command as they were given; None for what was not."""

    groupby: list[str] | None
    weighting: str | None
    weights: str | None
    seed: int | None
    stream: str | None
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
            raise UsageError(f"{' and '.join(given)}: the plan fixes this; leave it out, or --plan")
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


def split_columns(columns: list[str] | None) -> list[str] | None:
    """The columns that were named, one an option or separated by commas."""
    if columns is None:
        return None
    return [name for part in columns for name in part.split(",") if name]
