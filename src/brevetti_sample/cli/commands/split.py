"""`brevetti-sample split`: a purpose for each sample, by share."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brevetti_sample.arguments import FOLD, PATH, PURPOSE, SHARES
from brevetti_sample.cli.inputs import open_manifest
from brevetti_sample.cli.options.declaration import COLUMN, COLUMNS, option, option_like
from brevetti_sample.cli.options.sampling import (
    OUTPUT,
    Messages,
    Output,
    Sampling,
    Source,
    split_columns,
)
from brevetti_sample.cli.options.values import number
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import (
    check_safe,
    choose_format,
    opened,
    refuse_manifest,
    standard_output,
)
from brevetti_sample.errors import UsageError
from brevetti_sample.messages import listed

if TYPE_CHECKING:
    from brevetti_sample.splitting.split import Split

_FORMATS = ("table", "csv", "jsonl", "parquet")
_WRITTEN_ROWS = 1 << 16
_SPLIT = "Split"


@dataclass(frozen=True, eq=False)
class Splitting:
    """How the samples are split."""

    shares: str | None = option(
        metavar="NAME=SHARE,...",
        shown=SHARES,
        help="The share of each purpose: they sum to 1, or are whole parts such as 8:1:1 in "
        "train=8,devel=1,test=1; or NAME=20rows, of each group, and NAME=rest.",
        panel=_SPLIT,
    )
    folds: int | None = option(
        kind=number(2),
        metavar="K",
        help="Instead of shares, K folds of equal size, numbered from 0.",
        panel=_SPLIT,
    )
    groupby: list[str] | None = option_like(
        Sampling,
        "groupby",
        help="Keep the shares in each group of this column too; give it again for several.",
        panel=_SPLIT,
    )
    min_per_group: int = option(
        kind=number(0),
        metavar="N",
        default=0,
        help="Each purpose has at least N rows of each group, whatever its share.",
        panel=_SPLIT,
    )
    unique: list[str] | None = option(
        metavar=COLUMNS,
        help="Rows with the same values are one item, and get the same purpose.",
        panel=_SPLIT,
    )
    unique_regex: str | None = option(
        metavar="REGEX",
        help="Or the item is what this finds in the path: its first group, or all of it.",
        panel=_SPLIT,
    )
    path_column: str = option(
        metavar=COLUMN,
        default=PATH,
        help="The column with the paths; rows of one path are an item, if nothing else says.",
        panel=_SPLIT,
    )
    seed: int = option_like(
        Sampling,
        "seed",
        default=0,
        fallback=None,
        help="The same seed gives the same split; below 0: one from the system, which is told.",
        panel=_SPLIT,
    )
    purpose_column: str | None = option(
        metavar=COLUMN,
        shown=f"{PURPOSE}; {FOLD} with --folds",
        help="The column to add, or to fill: what is in it stays.",
        panel=_SPLIT,
        parameter="column",
    )
    reassign: bool = option(default=False, help="Forget what is in that column.", panel=_SPLIT)


@dataclass(frozen=True, eq=False)
class Purposes:
    """What is written, and where."""

    only: str | None = option(
        metavar="NAME", help="Write only the rows of this purpose, or fold.", panel=OUTPUT
    )
    output: str = option_like(Output, "output")
    format: str | None = option_like(
        Output, "format", help="How to write; the table counts the rows of each purpose."
    )
    spreadsheet_safe: bool = option_like(Output, "spreadsheet_safe")


def split(source: Source, splitting: Splitting, out: Purposes, messages: Messages) -> None:
    """Add a purpose to each sample, by share: train, devel, test, or as you name them.

    Example: brevetti-sample split -g folder --reassign -o split.csv
    """
    console.be_quiet(messages.quiet)
    output, only, seed = out.output, out.only, splitting.seed
    kind = choose_format(out.format, output, _FORMATS)
    check_safe(out.spreadsheet_safe, kind)
    if kind == "parquet" and output == "-" and standard_output().isatty():
        raise UsageError("Parquet is not for a terminal; say where to write it with -o FILE")

    from brevetti_sample.splitting.shares import parse_shares
    from brevetti_sample.splitting.split import split_manifest

    columns = split_columns(splitting.unique)
    if columns == []:
        raise UsageError("--unique names no column; leave it out, or name one")
    # Before the manifest is read.
    parsed = None if splitting.shares is None else parse_shares(splitting.shares)
    opened_manifest = open_manifest(source.manifest)
    refuse_manifest({"output": output}, opened_manifest)
    if seed < 0:
        import secrets

        seed = secrets.randbits(63)
        console.say(f"the seed is {seed}")
    done = split_manifest(
        opened_manifest,
        parsed,
        folds=splitting.folds,
        groupby=splitting.groupby,
        min_per_group=splitting.min_per_group,
        unique=columns,
        unique_regex=splitting.unique_regex,
        path_column=splitting.path_column,
        seed=seed,
        column=splitting.purpose_column,
        reassign=splitting.reassign,
    )
    _say_notices(done, splitting.path_column)

    from brevetti_sample.cli.screen.tables import purposes

    if kind == "table":
        with opened(output) as sink:
            purposes(sink, done, hint=True)
        return
    from brevetti_sample.tables.writers import make_writer

    table = done.table(only)
    with opened(output) as sink:
        writer = make_writer(kind, sink, table.schema, spreadsheet_safe=out.spreadsheet_safe)
        for start in range(0, table.num_rows, _WRITTEN_ROWS):
            writer.write(table.slice(start, _WRITTEN_ROWS))
        writer.close()
    if not messages.quiet:
        counts = io.BytesIO()
        purposes(counts, done)
        console.write(counts.getvalue().decode())


def _say_notices(done: Split, path_column: str) -> None:
    """Say what is not as one might expect."""
    from brevetti_sample.groups.grouping import missing_rows

    rows = done.manifest.rows
    missing = missing_rows(done.strata)
    if missing:
        console.say(
            f"no value in {listed(done.strata.columns)}: {missing:,} of {rows:,} rows, "
            "a group of their own"
        )
    if done.numbered:
        console.say(
            f"no value in '{path_column}': {done.alone:,} of {rows:,} rows are told apart by their "
            "number, so that the split depends on their order; name another --path-column"
        )
    elif done.alone:
        console.say(f"no item in {done.alone:,} of {rows:,} rows: each path is one of its own")
    if done.items < rows:
        name, size = done.largest
        console.say(
            f"{rows:,} rows are {console.quantity(done.items, 'item')}; the largest is '{name}' "
            f"with {console.quantity(size, 'row')}"
        )
    if done.spread:
        console.say(
            f"{console.quantity(done.spread, 'item')} in more than one group: each counts where "
            "most of its rows are"
        )
    if done.others:
        names = listed(done.others)
        console.say(
            f"{console.quantity(sum(done.others.values()), 'row')} of {names}, which has no share: "
            "they are left as they are"
        )
    if done.kept:
        again = "; --reassign forgets them" if done.kept == rows else ""
        console.say(
            f"{done.kept:,} of {rows:,} rows have a '{done.column}' already and keep it{again}"
        )
    for notice in done.notices:
        console.say(notice)
