"""`brevetti-sample stats`: how often each group is, should be, and would be drawn."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brevetti_sample.cli.inputs import load
from brevetti_sample.cli.options import values
from brevetti_sample.cli.options.declaration import option, option_like
from brevetti_sample.cli.options.sampling import (
    OUTPUT,
    Messages,
    Output,
    Range,
    Sampling,
    Source,
)
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import check_safe, choose_format, opened, refuse_manifest
from brevetti_sample.errors import UsageError

if TYPE_CHECKING:
    from brevetti_sample.tables.frequency import Frequency

_FORMATS = ("table", "csv", "jsonl", "markdown")


@dataclass(frozen=True, eq=False)
class StatsOutput(Output):
    """Where the figures go."""

    format: str | None = option_like(Output, "format", choices=_FORMATS)
    report: str | None = option(
        kind=values.OUTPUT,
        metavar="FILE",
        help="Write a page to look at too, as the command report does.",
        panel=OUTPUT,
    )


def stats(
    source: Source, sampling: Sampling, span: Range, out: StatsOutput, messages: Messages
) -> None:
    """Show for each group its rows, its share of the draws, and how often it is drawn.

    Example: brevetti-sample stats -g folder -w 'square root' --draws 180
    """
    console.be_quiet(messages.quiet)
    output, report = out.output, out.report
    kind = choose_format(out.format, output, _FORMATS)
    if report == "-":
        raise UsageError("a report is written to a file, not to standard output; name one")
    check_safe(out.spreadsheet_safe, kind)

    bound = load(source.manifest, sampling, span, sizes_only=report is None)
    refuse_manifest({"output": output, "report": report}, bound.manifest)
    if report is not None:
        from .report import write_report

        write_report(report, source.manifest, sampling, span, bound)

    from brevetti_sample.tables.frequency import frequency_table

    frequency = frequency_table(bound, span.start)
    with opened(output) as sink:
        if kind == "table":
            from brevetti_sample.cli.screen.tables import frequencies

            frequencies(sink, frequency)
        else:
            from brevetti_sample.cli.screen import frequency_text as text

            csv = functools.partial(text.as_csv, spreadsheet_safe=out.spreadsheet_safe)
            formats: dict[str, Callable[[Frequency], Iterable[str]]]
            formats = {"csv": csv, "jsonl": text.as_json_lines, "markdown": text.markdown}
            sink.writelines(line.encode() for line in formats[kind](frequency))
