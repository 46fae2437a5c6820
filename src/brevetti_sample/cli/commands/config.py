"""`brevetti-sample config`: what is configured, and where."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

from brevetti_sample.cli.options.declaration import Option, option_like
from brevetti_sample.cli.options.keys import EXCLUSIVE, KEYS, Setting
from brevetti_sample.cli.options.sampling import Messages, Output
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import check_safe, choose_format, opened

_FORMATS = ("table", "csv", "jsonl")
_COLUMNS = ("key", "value", "source")
_DEFAULT = "default"


@dataclass(frozen=True, eq=False)
class Shown:
    """How the keys are shown."""

    format: str | None = option_like(
        Output, "format", choices=_FORMATS, shown="table on a terminal, csv if piped"
    )
    spreadsheet_safe: bool = option_like(Output, "spreadsheet_safe")


def config(shown: Shown, messages: Messages) -> None:
    """Show what is configured: each key, its value, and where that comes from.

    An option of a command goes before the environment (BREVETTI_SAMPLE_SEED, ...), which goes
    before the file: brevetti-sample.toml, or pyproject.toml with [tool.brevetti-sample].

    Example: brevetti-sample config --format jsonl
    """
    console.be_quiet(messages.quiet)
    kind = choose_format(shown.format, "-", _FORMATS)
    check_safe(shown.spreadsheet_safe, kind)

    from brevetti_sample.cli.options.config_file import read_configuration

    configuration = read_configuration()
    for notice in configuration.notices:
        console.say(notice)
    settings = configuration.settings
    rows = [(key, *_value(key, settings)) for key in KEYS]
    with opened("-") as sink:
        if kind == "jsonl":
            for key, value, source in rows:
                line = dict(zip(_COLUMNS, (key.name, value, source), strict=True))
                sink.write(_json(line))
        elif kind == "csv":
            text = io.StringIO()
            written = csv.writer(text, lineterminator="\n")
            written.writerow(_COLUMNS)
            texts = [(key.name, _text(value), source) for key, value, source in rows]
            if shown.spreadsheet_safe:
                from brevetti_sample.tables.spreadsheet import safe_text

                texts = [(name, safe_text(text), source) for name, text, source in texts]
            written.writerows(texts)
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


def _json(line: dict[str, Any]) -> bytes:
    try:
        return f"{json.dumps(line, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:  # a path that is not UTF-8
        return f"{json.dumps(line)}\n".encode()


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogateescape")  # the environment need not be UTF-8


def _value(key: Option, settings: dict[str, Setting]) -> tuple[Any, str]:
    """The value of a key, None for nothing, and its source."""
    setting = settings.get(key.name)
    if setting is None:
        is_replaced = key.field in EXCLUSIVE and any(name in settings for name in EXCLUSIVE)
        return None if is_replaced else key.effective_default, _DEFAULT
    is_word = setting.value is True and not key.is_flag  # that a file has for it
    return key.fallback if is_word else setting.value, setting.origin


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
