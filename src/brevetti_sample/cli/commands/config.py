"""`brevetti-sample config`: what is configured, and where."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from brevetti_sample.cli.options import sampling as o
from brevetti_sample.cli.options.keys import ENDLESS, EXCLUSIVE, KEYS, Key
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import choose_format, opened

if TYPE_CHECKING:
    from brevetti_sample.cli.options.config_file import Setting

_FORMATS = ("table", "csv", "jsonl")
_COLUMNS = ("key", "value", "source")
_DEFAULT = "default"


def config(
    format: Annotated[
        str | None,
        typer.Option(
            metavar="table|csv|jsonl",
            show_default="table on a terminal, csv if piped",
            help="How to write.",
            rich_help_panel="Output",
        ),
    ] = None,
    quiet: o.QuietOption = False,
    debug: o.DebugOption = False,
) -> None:
    """Show what is configured: each key, its value, and where that comes from.

    An option of a command goes before the environment (BREVETTI_SAMPLE_SEED, ...), which goes
    before the file: brevetti-sample.toml, or pyproject.toml with [tool.brevetti-sample].

    Example: brevetti-sample config --format jsonl
    """
    console.be_quiet(quiet)
    kind = choose_format(format, "-", _FORMATS)

    from brevetti_sample.cli.options.config_file import read_configuration

    configuration = read_configuration()
    for notice in configuration.notices:
        console.say(notice)
    settings = configuration.settings
    rows = [(key, *_shown(key, settings)) for key in KEYS]
    with opened("-") as sink:
        if kind == "jsonl":
            for key, value, source in rows:
                line = dict(zip(_COLUMNS, (key.name, value, source), strict=True))
                sink.write(_encoded(f"{json.dumps(line, ensure_ascii=False)}\n"))
        elif kind == "csv":
            text = io.StringIO()
            written = csv.writer(text, lineterminator="\n")
            written.writerow(_COLUMNS)
            written.writerows((key.name, _text(value), source) for key, value, source in rows)
            sink.write(_encoded(text.getvalue()))
        else:
            from brevetti_sample.cli.screen.terminal import print_rows

            print_rows(
                sink,
                _COLUMNS,
                [
                    (key.name, f"({key.nothing})" if value is None else _text(value), source)
                    for key, value, source in rows
                ],
            )


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")  # the environment need not be UTF-8


def _shown(key: Key, settings: dict[str, Setting]) -> tuple[Any, str]:
    """The value of a key, None for nothing, and its source."""
    setting = settings.get(key.name)
    if setting is None:
        return None if _is_replaced(key, settings) else key.default, _DEFAULT
    value = ENDLESS if setting.value is True and key.default == ENDLESS else setting.value
    return value, setting.place


def _is_replaced(key: Key, settings: dict[str, Setting]) -> bool:
    return key.name in EXCLUSIVE and any(name in settings for name in EXCLUSIVE)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
