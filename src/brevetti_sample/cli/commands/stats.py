"""`brevetti-sample stats`: how often each group is, should be, and would be drawn."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from brevetti_sample.cli.inputs import load
from brevetti_sample.cli.options import sampling as o
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import choose_format, opened
from brevetti_sample.errors import UsageError

_FORMATS = ("table", "csv", "jsonl", "markdown")


def stats(
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
    output: o.OutputOption = "-",
    format: Annotated[
        str | None,
        typer.Option(
            metavar="table|csv|jsonl|markdown",
            show_default="the suffix of FILE; else table on a terminal, csv if piped",
            help="How to write.",
            rich_help_panel="Output",
        ),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Write a page to look at too, as the command report does.",
            rich_help_panel="Output",
        ),
    ] = None,
    quiet: o.QuietOption = False,
    debug: o.DebugOption = False,
) -> None:
    """Show for each group its rows, its share of the draws, and how often it is drawn.

    Example: brevetti-sample stats -g folder -w 'square root' --draws 180
    """
    console.be_quiet(quiet)
    sampling = o.Sampling(
        groupby, weighting, weights, seed, stream, shuffle, repeat, batch_size, plan_file
    )
    span = o.Range(draws, batches, epochs, start)
    kind = choose_format(format, output, _FORMATS)
    if report == "-":
        raise UsageError("a report is written to a file, not to standard output; name one")
    if (
        report is not None
        and output != "-"
        and os.path.realpath(report) == os.path.realpath(output)
    ):
        raise UsageError("--report and --output must be two files")

    bound = load(manifest, sampling, span, sizes_only=report is None)
    if report is not None:
        from .report import write_report

        write_report(report, manifest, sampling, span, bound)

    from brevetti_sample.tables.frequency import frequency_table

    frequency = frequency_table(bound, start)
    with opened(output) as sink:
        if kind == "table":
            from brevetti_sample.cli.screen.tables import frequencies

            frequencies(sink, frequency)
        elif kind == "markdown":
            from brevetti_sample.cli.screen.frequency_text import markdown

            sink.write(markdown(frequency).encode())
        else:
            from brevetti_sample.cli.screen.frequency_text import as_csv, as_json_lines

            write = as_csv if kind == "csv" else as_json_lines
            sink.write(write(frequency).encode())
