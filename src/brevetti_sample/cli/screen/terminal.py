"""Where tables and text for people are laid out: as wide and colourful as the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import BinaryIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from brevetti_sample.messages import printable


def print_rows(stream: BinaryIO, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of text as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(text)) for text in row))
    print_parts(console_of(stream), stream, [table])


def console_of(stream: BinaryIO) -> Console:
    """A console as wide and colourful as the terminal, if the stream is one."""
    out = sys.stdout  # None if it is closed
    terminal = out is not None and stream is out.buffer and out.isatty()
    return Console(
        file=sys.stdout if terminal else None,
        force_terminal=None if terminal else False,
        width=None if terminal else 160,
        markup=False,
        emoji=False,
        highlight=False,
    )


def print_parts(console: Console, stream: BinaryIO, parts: Sequence[Table | Text]) -> None:
    """Write what a console makes of some parts, as UTF-8, without blanks at the ends of lines."""
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    lines = "\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n")
    stream.write(f"{lines}\n".encode("utf-8", "replace"))
