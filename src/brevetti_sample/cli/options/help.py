"""The help of the program and its commands: plain text, with colours on a terminal.

Rendering it takes less than importing what would draw boxes around it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from brevetti_sample.cli.screen.output import standard_output

if TYPE_CHECKING:
    from .declaration import Option


def write_text(formatter: Any, text: str) -> None:
    """Write paragraphs, indented."""
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)


def write_parameters(
    parameters: list[Any], ctx: Any, formatter: Any, options: Mapping[str, Option] | None = None
) -> None:
    """Write arguments, then options by their panels, those without one last.

    Args:
        parameters: of the parser.
        ctx: the parser's context.
        formatter: the parser's.
        options: the declarations of those that have one, by field.
    """
    options = options or {}
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": []}
    last: list[tuple[str, str]] = []
    for parameter in parameters:
        declared = options.get(parameter.name)
        if parameter.param_type_name == "argument":
            sections["Arguments"].append(parameter.get_help_record(ctx))
        elif declared is None:
            last.append(parameter.get_help_record(ctx))
        else:
            section = sections.setdefault(declared.panel, []) if declared.panel else last
            section.append(declared.help_record())
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
