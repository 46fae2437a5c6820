"""`brevetti-sample plan`: drawn batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from brevetti_sample.cli.inputs import load
from brevetti_sample.cli.options import sampling as o
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import (
    choose_format,
    opened,
    refuse_manifest,
    standard_output,
)
from brevetti_sample.errors import UsageError

if TYPE_CHECKING:
    from brevetti_sample.streams.worker_share import Shard

_FORMATS = ("table", "csv", "jsonl", "parquet")


def plan(
    manifest: o.ManifestArgument = None,
    groupby: o.GroupbyOption = None,
    weighting: o.WeightingOption = None,
    weights: o.WeightsOption = None,
    seed: o.SeedOption = None,
    stream: o.StreamOption = None,
    shuffle: o.ShuffleOption = None,
    repeat: o.RepeatOption = None,
    batch_size: o.BatchSizeOption = None,
    plan_file: o.PlanOption = None,
    draws: o.DrawsOption = None,
    batches: o.BatchesOption = None,
    epochs: o.EpochsOption = None,
    start: o.StartOption = 0,
    shard: Annotated[
        str,
        typer.Option(
            metavar="R/N",
            help="Only every N-th batch, from batch R on: what worker R of N takes.",
            rich_help_panel="Range",
        ),
    ] = "0/1",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            "-c",
            metavar="COLUMN,...",
            show_default=False,
            help="The manifest's columns to write; all if not given, '' for none.",
            rich_help_panel="Output",
        ),
    ] = None,
    save_plan: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Save the plan too, for --plan.",
            rich_help_panel="Output",
        ),
    ] = None,
    output: o.OutputOption = "-",
    format: Annotated[
        str | None,
        typer.Option(
            metavar="table|csv|jsonl|parquet",
            show_default="the suffix of FILE; else table on a terminal, csv if piped",
            help="How to write.",
            rich_help_panel="Output",
        ),
    ] = None,
    quiet: o.QuietOption = False,
    debug: o.DebugOption = False,
) -> None:
    """Write drawn batches: a row a draw, with draw, batch, row, group and the manifest's columns.

    Example: brevetti-sample plan -g folder -w 'square root' -n 180 -o draws.csv
    """
    console.be_quiet(quiet)
    sampling = o.Sampling(
        groupby, weighting, weights, seed, stream, shuffle, repeat, batch_size, plan_file
    )
    span = o.Range(draws, batches, epochs, start)
    kind = choose_format(format, output, _FORMATS)
    if save_plan == "-":
        raise UsageError("a plan is saved to a file, not to standard output; name one")
    if kind == "parquet" and output == "-" and standard_output().isatty():
        raise UsageError("Parquet is not for a terminal; say where to write it with -o FILE")
    chosen = o.split_columns(columns)
    part = _shard(shard)

    from brevetti_sample.streams.draws import draw_range

    bound = load(manifest, sampling, span, fingerprint=save_plan is not None)
    first, last = draw_range(bound.plan, start, None)
    for target in (output, save_plan):
        if target:
            refuse_manifest(target, bound.manifest)
    if save_plan is not None:
        with opened(save_plan) as sink:
            sink.write(bound.plan.to_json().encode())
        console.say(f"the plan is in {save_plan}")
    if kind == "table":
        from brevetti_sample.cli.screen.tables import first_batches

        with opened(output) as sink:
            first_batches(sink, bound, chosen, part, first, last)
        return
    from brevetti_sample.tables.batches import write_draws

    with opened(output) as sink:
        write_draws(bound, sink, start=start, columns=chosen, shard=part, format=kind)


def _shard(text: str) -> Shard:
    from brevetti_sample.streams.worker_share import Shard

    rank, _, count = text.partition("/")
    if not (rank.isdecimal() and count.isdecimal()):
        raise UsageError(f"--shard '{text}' is not R/N, such as 0/4")
    return Shard(int(rank), int(count))
