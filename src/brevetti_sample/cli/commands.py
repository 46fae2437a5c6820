"""The commands: a table of them, each imported only when it is asked for, and their help.

The help is plain text, with colours on a terminal: rendering it takes less than importing what
would draw boxes around it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ..errors import close_match, printable

COMMANDS = {
    "plan": "Write drawn batches: a row a draw, with draw, batch, row, group and the manifest's "
    "columns.",
    "stats": "Show for each group its rows, its share of the draws, and how often it is drawn.",
    "export-tfrecord": "Write drawn samples as TFRecord shards, which load elsewhere without code.",
    "verify": "Compare an export with what was written: files, checksums, and groups with the "
    "plan.",
}
"""The first line of each command's help. Command ``a-b`` is the function ``a_b`` of ``a_b.py``."""


class _Command(TyperCommand):
    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        _write_text(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_parameters(self.get_params(ctx), ctx, formatter)


class Commands(TyperGroup):
    """The group of all commands, which are loaded one by one."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _Loaded()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help if there is nothing to parse."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was named, or tell the one most like it."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            hint = close_match(name, COMMANDS) or "; see brevetti-sample --help"
            ctx.fail(f"no command '{printable(name)}'{hint}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands, in the order of the table."""
        return list(COMMANDS)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the program is for."""
        _write_text(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands and the options."""
        _write_section(formatter, "Commands", list(COMMANDS.items()))
        _write_parameters(self.get_params(ctx), ctx, formatter)


class _Loaded(Mapping[str, Any]):
    """The commands by name, each imported when it is looked up for the first time."""

    def __init__(self) -> None:
        self._commands: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        if name not in self._commands:
            function = name.replace("-", "_")
            module = import_module(f".{function}", __package__)
            app = typer.Typer(add_completion=False, rich_markup_mode=None)
            app.command(name, cls=_Command)(getattr(module, function))
            self._commands[name] = get_command(app)
        return self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def _write_text(formatter: Any, text: str) -> None:
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)


def _write_parameters(parameters: list[Any], ctx: Any, formatter: Any) -> None:
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
        _write_section(formatter, name, records)


def _write_section(formatter: Any, name: str, records: list[tuple[str, str]]) -> None:
    if not records:
        return
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    if coloured:
        name = typer.style(name, bold=True)
        records = [(typer.style(term, fg="cyan"), text) for term, text in records]
    with formatter.section(name):
        formatter.write_dl(records)
