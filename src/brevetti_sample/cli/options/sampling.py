"""The options that the commands share."""

from __future__ import annotations

from dataclasses import dataclass

from brevetti_sample.arguments import BATCH_SIZE, STREAMS, TRAIN, WEIGHTINGS
from brevetti_sample.errors import UsageError
from brevetti_sample.errors import argument as named

from .declaration import COLUMN, argument, option, options_of
from .values import COLUMN_NAMES, ENDLESS, FLAG, INPUT, PATHS, SEED, TIMES, WEIGHTS, number
from .values import OUTPUT as OUTPUT_FILE

SAMPLING, RANGE, OUTPUT = "Sampling", "Range", "Output"
"""Headings of the help."""
COUNT = number(1)
_BESIDE_PLAN = ("plan", "split_column", "train")  # the plan's must be the same


@dataclass(frozen=True, eq=False)
class Source:
    """Where the samples are listed."""

    manifest: list[str] | None = argument(
        kind=PATHS,
        metavar="[MANIFEST]...",
        help="CSV or Parquet: a file, several, a folder, a pattern, or - for standard input. "
        "Without it: what is piped in, else what is configured, else the bundled listing.",
        nothing="the bundled listing",
        configurable=True,
        parameter="source",
    )


@dataclass(frozen=True, eq=False)
class Sampling:
    """The sampling options of a command as they were given; None for what was not."""

    groupby: list[str] | None = option(
        "-g",
        kind=COLUMN_NAMES,
        metavar=COLUMN,
        help="Group the rows by this column; give it again for several. Without it, or with '', "
        "all rows are one group.",
        panel=SAMPLING,
        nothing="all rows are one group",
        configurable=True,
    )
    weighting: str | None = option(
        "-w",
        metavar="RULE",
        choices=tuple(name.replace(":A", ":0.5") for name in WEIGHTINGS),
        fallback=WEIGHTINGS[0],
        help="From the size of a group to its weight: uniform, count, 'square root', log, logx+1, "
        "power:A.",
        panel=SAMPLING,
        nothing="the weights are given",
        configurable=True,
    )
    weights: str | None = option(
        kind=WEIGHTS,
        metavar="GROUP=N,...|FILE",
        help="The weight of each group, as good=1,bad=2.5, or a CSV file with the groupby columns "
        "and weight.",
        panel=SAMPLING,
        nothing="as the weighting says",
        configurable=True,
        parameter="weighting",
    )
    seed: int | None = option(
        kind=SEED,
        metavar="N",
        fallback=0,
        help="The same seed gives the same draws; below 0: one from the system, which is told.",
        panel=SAMPLING,
        configurable=True,
    )
    stream: str | None = option(
        metavar="NAME",
        choices=STREAMS,
        fallback=STREAMS[0],
        help="stratified, or brevettiai: draw for draw as brevettiai 0.x did.",
        panel=SAMPLING,
        configurable=True,
    )
    shuffle: bool | None = option(
        kind=FLAG,
        fallback=True,
        help="Random places and rows, or an even interleave in manifest order.",
        panel=SAMPLING,
        configurable=True,
    )
    repeat: int | None = option(
        kind=TIMES,
        metavar=f"K|{ENDLESS}",
        choices=(ENDLESS,),
        fallback=ENDLESS,
        help="Draw each group K times through, then end.",
        panel=SAMPLING,
        configurable=True,
    )
    batch_size: int | None = option(
        "-b",
        kind=COUNT,
        metavar="N",
        fallback=BATCH_SIZE,
        help="Draws a batch; the order does not depend on it.",
        panel=SAMPLING,
        configurable=True,
    )
    split_column: str | None = option(
        metavar=COLUMN,
        help="The column with the split of each row, such as purpose: draw from one split only.",
        panel=SAMPLING,
        parameter="where",
    )
    train: str | None = option(
        metavar="NAME",
        fallback=TRAIN,
        help="The split to draw from.",
        panel=SAMPLING,
        of="split_column",
    )
    plan: str | None = option(
        kind=INPUT, metavar="FILE", help="Take all of these from a saved plan.", panel=SAMPLING
    )

    def __post_init__(self) -> None:
        given = [
            one.flag
            for one in options_of(Sampling)
            if getattr(self, one.field) is not None and one.field not in _BESIDE_PLAN
        ]
        if self.plan is not None and given:
            raise UsageError(f"{' and '.join(given)}: the plan fixes this; leave it out, or --plan")
        if self.weighting is not None and self.weights is not None:
            raise UsageError("give either --weighting or --weights, not both")
        if self.split_column == "":
            raise UsageError("must name a column", parameter="split_column")
        if self.train is not None and self.split_column is None and self.plan is None:
            raise UsageError(
                f"needs {named('split_column')}, the column that has it", parameter="train"
            )


@dataclass(frozen=True, eq=False)
class Range:
    """The range options of a command as they were given; None for what was not."""

    draws: int | None = option(
        "-n",
        kind=COUNT,
        metavar="N",
        shown="to the end of an epoch",
        help="How many draws.",
        panel=RANGE,
    )
    batches: int | None = option(kind=COUNT, metavar="N", help="How many batches.", panel=RANGE)
    epochs: int | None = option(
        kind=COUNT,
        metavar="N",
        help="How many epochs: as many draws each as the manifest has rows.",
        panel=RANGE,
    )
    start: int = option(
        kind=number(0), metavar="K", default=0, help="Begin at draw K.", panel=RANGE
    )

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


@dataclass(frozen=True, eq=False)
class Output:
    """Where the result goes, and in which format."""

    output: str = option(
        "-o",
        kind=OUTPUT_FILE,
        metavar="FILE",
        default="-",
        help="Where to write; - is standard output.",
        panel=OUTPUT,
    )
    format: str | None = option(
        choices=("table", "csv", "jsonl", "parquet"),
        shown="the suffix of FILE; else table on a terminal, csv if piped",
        help="How to write.",
        panel=OUTPUT,
    )
    spreadsheet_safe: bool = option(
        default=False,
        help="In CSV, write a quote before texts that a spreadsheet would take for formulas.",
        panel=OUTPUT,
    )


@dataclass(frozen=True, eq=False)
class Messages:
    """What is printed beside the result."""

    quiet: bool = option("-q", default=False, help="No notices on standard error.", panel=OUTPUT)
    debug: bool = option(default=False, help="Show the traceback of an error.", panel=OUTPUT)


def split_columns(columns: list[str] | None) -> list[str] | None:
    """The columns that were named, one an option or separated by commas."""
    if columns is None:
        return None
    return [name for part in columns for name in part.split(",") if name]
