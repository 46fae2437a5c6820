"""`brevetti-sample plan`: drawn batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from brevetti_sample.cli.inputs import load
from brevetti_sample.cli.options import values
from brevetti_sample.cli.options.declaration import COLUMNS, option, option_like
from brevetti_sample.cli.options.export import Records
from brevetti_sample.cli.options.sampling import (
    OUTPUT,
    RANGE,
    Messages,
    Output,
    Range,
    Sampling,
    Source,
    split_columns,
)
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import (
    check_safe,
    choose_format,
    opened,
    refuse_manifest,
    standard_output,
)
from brevetti_sample.errors import UsageError, argument
from brevetti_sample.messages import quoted

if TYPE_CHECKING:
    from brevetti_sample.streams.worker_share import Worker

_FORMATS = ("table", "csv", "jsonl", "parquet")


@dataclass(frozen=True, eq=False)
class Part:
    """Which of the batches are written."""

    shard: str = option(
        metavar="R/N",
        default="0/1",
        help="Only every N-th batch, from batch R on: what worker R of N takes.",
        panel=RANGE,
    )


@dataclass(frozen=True, eq=False)
class Written:
    """What is written."""

    columns: list[str] | None = option(
        "-c",
        metavar=COLUMNS,
        help="The manifest's columns to write; all if not given, '' for none.",
        panel=OUTPUT,
    )
    save_plan: str | None = option(
        kind=values.OUTPUT, metavar="FILE", help="Save the plan too, for --plan.", panel=OUTPUT
    )
    labels: str | None = option_like(
        Records,
        "labels",
        shown="",
        help="Save the classes with the plan, for exports: names in the order of their numbers, a "
        "file with one name per line, or the folder of an export.",
        panel=OUTPUT,
        nothing="",
        configurable=False,
        of="",
    )


def plan(
    source: Source,
    sampling: Sampling,
    span: Range,
    part: Part,
    written: Written,
    out: Output,
    messages: Messages,
) -> None:
    """Write drawn batches: a row a draw, with draw, batch, row, group and the manifest's columns.

    Example: brevetti-sample plan -g folder -w 'square root' -n 180 -o draws.csv
    """
    console.be_quiet(messages.quiet)
    output, save_plan = out.output, written.save_plan
    kind = choose_format(out.format, output, _FORMATS)
    check_safe(out.spreadsheet_safe, kind)
    if save_plan == "-":
        raise UsageError("a plan is saved to a file, not to standard output; name one")
    if kind == "parquet" and output == "-" and standard_output().isatty():
        raise UsageError("Parquet is not for a terminal; say where to write it with -o FILE")
    class_names = None
    if written.labels is not None:
        if save_plan is None:
            raise UsageError(f"needs {argument('save_plan')}: a plan has them", parameter="labels")
        from brevetti_sample.tfrecord.writing.class_list import read_labels

        class_names = read_labels(written.labels)
    chosen = split_columns(written.columns)
    worker = _worker(part.shard)

    from brevetti_sample.streams.draws import draw_range
    from brevetti_sample.streams.planning import with_class_names

    bound = load(source.manifest, sampling, span, fingerprint=save_plan is not None)
    first, last = draw_range(bound.plan, span.start, None)
    saved = bound.plan if class_names is None else with_class_names(bound.plan, class_names)
    refuse_manifest({"output": output, "save_plan": save_plan}, bound.manifest)
    if save_plan is not None:
        with opened(save_plan) as sink:
            sink.write(saved.to_json().encode())
        console.say(f"the plan is in {save_plan}")
    if kind == "table":
        from brevetti_sample.cli.screen.tables import first_batches

        with opened(output) as sink:
            first_batches(sink, bound, chosen, worker, first, last)
        return
    from brevetti_sample.tables.batches import write_draws

    with opened(output) as sink:
        write_draws(
            bound,
            sink,
            start=span.start,
            columns=chosen,
            worker=worker,
            format=kind,
            spreadsheet_safe=out.spreadsheet_safe,
        )


def _worker(text: str) -> Worker:
    from brevetti_sample.streams.worker_share import Worker

    rank, _, count = text.partition("/")
    # Python reads no numbers of thousands of digits.
    if not (rank.isdecimal() and count.isdecimal() and len(text) < 100):
        raise UsageError(f"--shard {quoted(text)} is not R/N, such as 0/4")
    return Worker(int(rank), int(count))
