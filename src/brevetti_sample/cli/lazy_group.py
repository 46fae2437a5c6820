"""The commands: a table of them, each imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from brevetti_sample.cli.options.help import write_parameters, write_section, write_text
from brevetti_sample.cli.options.parse_errors import with_context
from brevetti_sample.errors import UsageError
from brevetti_sample.messages import close_match, printable

COMMANDS = {
    "plan": "Write drawn batches: a row a draw, with draw, batch, row, group and the manifest's "
    "columns.",
    "stats": "Show for each group its rows, its share of the draws, and how often it is drawn.",
    "report": "Make a page to look at: charts of rows against draws, the first batches, images, "
    "numbers.",
    "export-tfrecord": "Write drawn samples as TFRecord shards, which load elsewhere without code.",
    "verify": "Compare an export with what was written: files, checksums, and groups with the "
    "plan.",
    "scan": "Make a manifest from a folder of samples: category, folder, path, size, etag, "
    "modified.",
    "split": "Add a purpose to each sample, by share: train, devel, test, or as you name them.",
    "config": "Show what is configured: each key, its value, and where that comes from.",
}
"""The first line of each command's help. Command ``a-b`` is the function ``a_b`` of ``a_b.py``."""


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
        with with_context(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was named, or tell the one most like it."""
        name = args[0] if args else ""
        unknown = name not in COMMANDS and not ctx.resilient_parsing
        if name and not name.startswith("-") and unknown:
            hint = close_match(name, COMMANDS) or "; see brevetti-sample --help"
            raise UsageError(f"no command '{printable(name)}'{hint}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands, in the order of the table."""
        return list(COMMANDS)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the program is for."""
        write_text(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands and the options."""
        write_section(formatter, "Commands", list(COMMANDS.items()))
        write_parameters(self.get_params(ctx), ctx, formatter)


class _Loaded(Mapping[str, Any]):
    """The commands by name, each imported when it is looked up for the first time."""

    def __init__(self) -> None:
        self._commands: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        if name not in self._commands:
            from brevetti_sample.cli.options.configured_command import ConfiguredCommand
            from brevetti_sample.cli.options.declaration import flattened, options_by_field

            identifier = name.replace("-", "_")
            module = import_module(f"{__package__}.commands.{identifier}")
            function = getattr(module, identifier)
            app = typer.Typer(add_completion=False, rich_markup_mode=None)
            app.command(name, cls=ConfiguredCommand)(flattened(function))
            command: Any = get_command(app)
            command.options = options_by_field(function)
            self._commands[name] = command
        return self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)
