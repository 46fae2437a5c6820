"""`brevetti-sample report`: a page to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from brevetti_sample.cli.inputs import load
from brevetti_sample.cli.options import sampling as o
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import opened, refuse_manifest, standard_output
from brevetti_sample.errors import UsageError

if TYPE_CHECKING:
    from brevetti_sample.streams.plan import BoundPlan

_IMAGES = "Images"


def report(
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
    image_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            show_default=False,
            help="The column with the paths of images, of which the first are shown; '' for none.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    image_root: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            show_default="the manifest's folder",
            help="Where paths of images start from.",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    output: o.OutputOption = "report.html",
    quiet: o.QuietOption = False,
    debug: o.DebugOption = False,
) -> None:
    """Make a page to look at: charts of rows against draws, the first batches, images, numbers.

    It is one HTML file that needs no network.

    Example: brevetti-sample report -g folder -w 'square root' -o report.html
    """
    console.be_quiet(quiet)
    sampling = o.Sampling(
        groupby, weighting, weights, seed, stream, shuffle, repeat, batch_size, plan_file
    )
    span = o.Range(draws, batches, epochs, start)
    if image_root is not None and image_column is None:
        raise UsageError("--image-root needs an --image-column, the column with the paths")
    if output == "-" and standard_output().isatty():
        raise UsageError("the page is not for a terminal; say where to write it with -o FILE")
    bound = load(manifest, sampling, span)
    write_report(output, manifest, sampling, span, bound, image_column or None, image_root)


def write_report(
    output: str,
    sources: list[str] | None,
    sampling: o.Sampling,
    span: o.Range,
    bound: BoundPlan,
    image_column: str | None = None,
    image_root: str | None = None,
) -> None:
    """Make the page, write it, and say where it is."""
    from brevetti_sample.cli.options.command_text import command_line
    from brevetti_sample.report.page import make_report

    manifest, plan = bound.manifest, bound.plan
    refuse_manifest(output, manifest)
    named = sources or (["-"] if manifest.name == "standard input" else None)
    extra = [
        ("--image-column", image_column),
        ("--image-root", image_root),
        ("--output", output),
    ]
    page = make_report(
        bound,
        start=span.start,
        image_column=image_column,
        image_root=image_root,
        command=command_line("report", named, sampling, span, plan, extra),
    )
    with opened(output) as sink:
        sink.write(page.encode())
    if output != "-":
        console.say(f"the report is in {output}")
