"""The help of the program and its commands: plain text, with colours on a terminal.

Rendering it takes less than importing what would draw boxes around it.
"""

from __future__ import annotations

import os
from typing import Any

import typer

from brevetti_sample.cli.screen.output import standard_output


def write_text(formatter: Any, text: str) -> None:
    """Write paragraphs, indented."""
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)


def write_parameters(parameters: list[Any], ctx: Any, formatter: Any) -> None:
    """Write arguments, then options by their panels, those without one last."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": []}
    last: list[tuple[str, str]] = []
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        panel = getattr(parameter, "rich_help_panel", None)
        if parameter.param_type_name == "argument":
            sections["Arguments"].append(record)
        else:
            (sections.setdefault(panel, []) if panel else last).append(record)
    for name, records in {**sections, "Options": last}.items():
        write_section(formatter, name, records)


def write_section(formatter: Any, name: str, records: list[tuple[str, str]]) -> None:
    """Write a heading and, below it, terms and what they mean; nothing if there are none."""
    if not records:
        return
    coloured = standard_output().isatty() and not os.environ.get("NO_COLOR")
    if coloured:
        name = typer.style(name, bold=True)
        records = [(typer.style(term, fg="cyan"), text) for term, text in records]
    with formatter.section(name):
        formatter.write_dl(records)
