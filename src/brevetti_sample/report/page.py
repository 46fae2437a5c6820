"""The page of a report."""

from __future__ import annotations

import math
from importlib.resources import files
from typing import Any

from brevetti_sample import __version__
from brevetti_sample.files.local_path import local_path
from brevetti_sample.messages import printable
from brevetti_sample.streams.plan import BoundPlan, Plan
from brevetti_sample.streams.planning import as_bound
from brevetti_sample.tables.frequency import COLUMNS, Frequency, frequency_table

from .charts import Script, vega_script, vega_versions
from .contact_sheet import Picture, contact_sheet
from .groups import MOST_GROUPS, chart_data, largest, table_rows
from .strips import MOST_CELLS, Strips, first_batches

_ASSETS = "assets"


def make_report(
    plan: Plan | BoundPlan,
    manifest: Any = None,
    start: int = 0,
    stop: int | None = None,
    *,
    image_column: str | None = None,
    image_root: str | None = None,
    command: str | None = None,
) -> str:
    """Make a page that shows how often each group is drawn.

    The page is one HTML file that needs no network and no other file: the frequency of rows
    against draws of each group, the first batches, coverage and repeats, the settings, and on
    demand the images of the first batches. What comes from the manifest is text in it, never
    markup. The same arguments give the same page.

    Args:
        plan: the plan, or the plan bound to its manifest (`Plan.bind`).
        manifest: the manifest that it was made for; left out if the plan is bound.
        start: first draw number.
        stop: draw number to stop before; by default the plan's ``draws``.
        image_column: the column with the paths of local images; None for no images.
        image_root: the folder that their relative paths start from; by default the manifest's.
        command: how to get the page again, to be shown.

    Returns:
        The HTML. Of more than 3,000 groups it has the largest; about 1 MB, and up to 8 MiB of
        images.

    Raises:
        PlanError: another manifest.
        ColumnError: no such image column.
        UsageError: a range that is empty, negative or beyond 2^60, or a column that is not text.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> manifest = bundled_manifest()
        >>> page = make_report(make_plan(manifest, "folder", "square root"), manifest)
        >>> page.startswith("<!doctype html>"), "missing_cap" in page
        (True, True)
    """
    bound = as_bound(plan, manifest)
    manifest = bound.manifest
    frequency = frequency_table(bound, start, stop)
    pictures = None
    if image_column is not None:
        root = manifest.folder if image_root is None else local_path(image_root, "image_root")
        pictures = contact_sheet(bound, image_column, root, start, frequency.stop)
    return _render(frequency, manifest.name, pictures, image_column, command)


def _render(
    frequency: Frequency,
    name: str,
    pictures: list[Picture] | None,
    image_column: str | None,
    command: str | None,
) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    plan = frequency.plan
    shown = largest(frequency)
    strips = first_batches(plan, frequency.start, frequency.stop)
    assets = files(__package__).joinpath(_ASSETS)
    style, script = (
        Script(assets.joinpath(file).read_text("utf-8")) for file in ("report.css", "report.js")
    )
    environment = Environment(
        loader=PackageLoader(__package__, _ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["printable"] = printable
    return environment.get_template("report.html").render(
        version=__version__,
        vega=vega_versions(),
        policy=[vega_script(), script],
        style=style,
        style_text=Markup(style.text),
        scripts=[Markup(vega_script().text), Markup(script.text)],
        name=name,
        plan=plan,
        frequency=frequency,
        groupby=[printable(column) for column in plan.groupby],
        columns=COLUMNS,
        rows=table_rows(frequency, shown),
        groups=len(plan.keys),
        most_groups=MOST_GROUPS,
        most_cells=MOST_CELLS,
        facts=_facts(frequency),
        settings=_settings(frequency),
        strips=strips,
        pictures=pictures,
        image_column=image_column,
        command=command,
        data={
            "groups": chart_data(frequency, shown),
            "strips": _strip_data(strips, plan.batch_size),
        },
    )


def _strip_data(strips: Strips, batch_size: int) -> dict[str, Any]:
    """The strips for the script, with numbers as text that a double may not hold."""
    return {
        "names": strips.names,
        "coloured": strips.coloured,
        "others": strips.others,
        "batches": [
            {
                "batch": f"{strip.batch:,}",
                "start": str(strip.start),
                "offset": strip.start % batch_size,
                "draws": strip.draws,
                "counts": strip.counts,
                "cells": strip.cells,
            }
            for strip in strips.batches
        ],
    }


def _facts(frequency: Frequency) -> list[tuple[str, str, str]]:
    """The figures of the whole: a heading, the figure, and what it means."""
    plan = frequency.plan
    draws = frequency.stop - frequency.start
    never = int(frequency.never_drawn.sum())
    furthest = float(abs(frequency.difference).max())
    return [
        ("rows", f"{plan.rows:,}", f"in {len(plan.keys):,} group{'s' * (len(plan.keys) != 1)}"),
        ("draws", f"{draws:,}", f"{_short(draws / plan.rows)} a row on average"),
        (
            "most to least drawn group",
            _ratio(frequency.imbalance_after),
            f"largest to smallest {_ratio(frequency.imbalance_before)}",
        ),
        (
            "rows drawn at least once",
            f"{(plan.rows - never) / plan.rows:.1%}",
            f"{never:,} never" if never else "all of them",
        ),
        (
            "furthest from its share",
            f"{furthest:,.1f} draws",
            _pearson(frequency),
        ),
    ]


def _pearson(frequency: Frequency) -> str:
    text = frequency.chi_square_text()
    return (
        f"Pearson's p: {text}" if frequency.chi_square_p is None else f"Pearson's test: p = {text}"
    )


def _ratio(value: float) -> str:
    return f"{_short(value)} : 1" if math.isfinite(value) else "not all drawn"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _settings(frequency: Frequency) -> list[tuple[str, str]]:
    plan = frequency.plan
    if plan.repeat is True:
        repeat = "endless"
    else:
        repeat = "each group once" if plan.cycles == 1 else f"each group {plan.cycles} times"
    settings = [
        ("groups by", ", ".join(map(printable, plan.groupby)) or "nothing: all rows are one group"),
        ("weighting", printable(plan.weighting)),
        ("seed", str(plan.seed)),
        ("stream", plan.stream),
        ("order", "shuffled" if plan.shuffle else "an even interleave in manifest order"),
        ("repeat", repeat),
        ("batch size", f"{plan.batch_size:,}"),
        ("draws", f"{frequency.start:,} to {frequency.stop - 1:,}"),
        ("digest of the plan", plan.digest),
    ]
    if plan.fingerprint is not None:
        settings.append(("SHA-256 of the manifest", plan.fingerprint))
    return [*settings, ("made by", f"brevetti-sample {__version__}")]
