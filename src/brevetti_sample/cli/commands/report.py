"""`brevetti-sample report`: a page to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from brevetti_sample.cli.inputs import load
from brevetti_sample.cli.options.declaration import option_like, written
from brevetti_sample.cli.options.export import Records
from brevetti_sample.cli.options.sampling import Messages, Output, Range, Sampling, Source
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import opened, refuse_manifest, standard_output
from brevetti_sample.errors import UsageError

if TYPE_CHECKING:
    from brevetti_sample.streams.plan import BoundPlan

_IMAGES = "Images"


@dataclass(frozen=True, eq=False)
class Images:
    """Which images are shown."""

    image_column: str | None = option_like(
        Records,
        "image_column",
        help="The column with the paths of images, of which the first are shown; '' for none.",
        panel=_IMAGES,
    )
    image_root: str | None = option_like(Records, "image_root", panel=_IMAGES)


@dataclass(frozen=True, eq=False)
class Page:
    """Where the page goes."""

    output: str = option_like(Output, "output", default="report.html")


def report(
    source: Source,
    sampling: Sampling,
    span: Range,
    images: Images,
    page: Page,
    messages: Messages,
) -> None:
    """Make a page to look at: charts of rows against draws, the first batches, images, numbers.

    It is one HTML file that needs no network.

    Example: brevetti-sample report -g folder -w 'square root' -o report.html
    """
    console.be_quiet(messages.quiet)
    if images.image_root is not None and images.image_column is None:
        raise UsageError("--image-root needs an --image-column, the column with the paths")
    if page.output == "-" and standard_output().isatty():
        raise UsageError("the page is not for a terminal; say where to write it with -o FILE")
    bound = load(source.manifest, sampling, span)
    images = replace(images, image_column=images.image_column or None)
    write_report(page.output, source.manifest, sampling, span, bound, images)


def write_report(
    output: str,
    sources: list[str] | None,
    sampling: Sampling,
    span: Range,
    bound: BoundPlan,
    images: Images | None = None,
) -> None:
    """Make the page, write it, and say where it is."""
    from brevetti_sample.cli.options.command_text import command_line
    from brevetti_sample.report.page import make_report

    manifest, plan = bound.manifest, bound.plan
    images = images or Images()
    refuse_manifest({"output": output}, manifest, images.image_column, images.image_root)
    named = sources or (["-"] if manifest.name == "standard input" else None)
    extra = [*written(images), ("--output", output)]
    page = make_report(
        bound,
        start=span.start,
        image_column=images.image_column,
        image_root=images.image_root,
        command=command_line("report", named, sampling, span, plan, extra),
    )
    with opened(output) as sink:
        sink.write(page.encode())
    if output != "-":
        console.say(f"the report is in {output}")
