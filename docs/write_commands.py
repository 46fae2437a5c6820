"""Write docs/commands.md, the reference of all commands: `python docs/write_commands.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.main import get_command

from brevetti_sample.cli.program import app

PAGE = Path(__file__).with_name("commands.md")


def reference() -> str:
    """The page: each command with what it does, its arguments and its options."""
    group: Any = get_command(app)
    context = group.make_context("brevetti-sample", [], resilient_parsing=True)
    parts = [
        "# Commands and options\n",
        "Written from the program itself, as `--help` shows it. What the commands print, and how "
        "they go together, is told in [the command line](command-line.md).\n",
        _options(group.get_params(context)),
    ]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        words = ["brevetti-sample", name, *command.collect_usage_pieces(inner)]
        parts += [f"## {name}\n", f"    {' '.join(words)}\n", _prose(command.help)]
        parts.append(_options(command.get_params(inner)))
    return "\n".join(parts)


def _prose(text: str) -> str:
    """The help as paragraphs, its example as a block."""
    paragraphs = []
    for paragraph in text.replace("[bold]", "").replace("[/bold]", "").split("\n\n"):
        line = " ".join(paragraph.split())
        is_example = line.startswith("Example: ")
        paragraphs.append(f"    {line.removeprefix('Example: ')}\n" if is_example else f"{line}\n")
    return "\n".join(paragraphs)


def _options(parameters: list[Any]) -> str:
    lines = ["| | | default |", "|:--|:--|:--|"]
    for parameter in parameters:
        default = parameter.show_default if isinstance(parameter.show_default, str) else ""
        if parameter.param_type_name == "argument":
            shown = f"`{parameter.make_metavar(None)}`"
        else:
            # The parser has the names of --help in any order.
            names = sorted(parameter.opts, key=lambda name: not name.startswith("--"))
            shown = ", ".join(f"`{name}`" for name in (*names, *parameter.secondary_opts))
            if not parameter.is_flag:
                shown += f" `{parameter.metavar}`"
                default = default or str("" if parameter.default is None else parameter.default)
        lines.append(f"| {_cell(shown)} | {_cell(parameter.help or '')} | {_cell(default)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(reference())
