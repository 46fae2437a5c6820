"""The values that options take: as text, in a configuration file, and which of them are right."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ENDLESS = "endless"
_FLAGS = {"1": True, "true": True, "yes": True, "on": True}
_FLAGS |= {"0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of value.

    Attributes:
        check: turns a value of a configuration file into that of the option; raises `ValueError`
            with what the value must be.
        parse: turns text, of the command line or an environment variable, into a value of a file.
        rebase: turns a value whose paths start from a folder into one of the working directory.
        bounds: what the help adds about the values.
        role: of a path: "input" or "output" for files, "folder" for folders; empty for what is no
            path.

    Example:
        >>> kind = number(1)
        >>> kind.check(kind.parse("4"))
        4
        >>> kind.check(kind.parse("x"))
        Traceback (most recent call last):
        ValueError: a whole number from 1 up
    """

    check: Callable[[Any], Any]
    parse: Callable[[str], Any] = str
    rebase: Callable[[Any, str], Any] = lambda value, _: value
    bounds: str = ""
    role: str = ""


def _require(right: bool, expected: str) -> None:
    if not right:
        raise ValueError(expected)


def _integer(text: str) -> int | str:
    """An integer if it is one; else the text, which the check then refuses."""
    try:
        return int(text)
    except ValueError:
        return text


def number(least: int, most: int | None = None) -> Kind:
    """Make the kind of the integers from ``least`` up, or to ``most``."""
    if most is None:
        expected = f"a whole number from {least} up"
    else:
        expected = " or ".join(map(str, range(least, most + 1)))

    def check(value: Any) -> int:
        _require(type(value) is int, expected)
        _require(value >= least and (most is None or value <= most), expected)
        return int(value)

    return Kind(check, _integer, bounds=f"x>={least}" if most is None else "")


def _seed(value: Any) -> int:
    _require(type(value) is int and value < 1 << 64, "a whole number below 2^64")
    return int(value)


def _times(value: Any) -> int:
    """How often to repeat: a number, or True for ``endless``."""
    if value == ENDLESS:
        return True
    _require(type(value) is int and value >= 1, f"a whole number from 1 up, or '{ENDLESS}'")
    return int(value)


def _path(value: Any) -> str:
    _require(isinstance(value, str), "a text in quotes")
    _require("\0" not in value, "a text without a zero byte")
    return str(value)


def _text(value: Any) -> str:
    _require(_is_utf8(_path(value)), "UTF-8")
    return str(value)


def _paths(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    right = isinstance(texts, list) and all(text and isinstance(text, str) for text in texts)
    _require(right and bool(texts), "a text in quotes, or a list of such")
    return [_path(text) for text in texts]


def _texts(value: Any) -> list[str]:
    texts = _paths(value)
    _require(all(map(_is_utf8, texts)), "UTF-8")
    return texts


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _flag(value: Any) -> bool:
    _require(isinstance(value, bool), "true or false")
    return bool(value)


def _weights(value: Any) -> str:
    """The text for --weights, made from a table of groups and numbers too."""
    if isinstance(value, str):
        return value
    expected = "'GROUP=NUMBER,...', a file in quotes, or a table of numbers"
    _require(isinstance(value, dict) and bool(value), expected)
    _require(all(type(weight) in (int, float) for weight in value.values()), expected)
    _require(not any("," in group for group in value), "a CSV file where a group has a comma")
    return ",".join(f"{group}={weight}" for group, weight in value.items())


def _labels(value: Any) -> str:
    """The text for --labels, made from a list of names too."""
    if isinstance(value, str):
        return value
    expected = "'A,B,...', a file or a folder in quotes, or a list of classes"
    _require(isinstance(value, list) and bool(value), expected)
    _require(all(isinstance(name, str) for name in value), expected)
    _require(len(value) > 1, "a file, if there is one class alone")
    _require(not any("," in name for name in value), "a file where a class has a comma")
    return ",".join(value)


def _rebased(path: str, folder: str) -> str:
    """A path as seen from the working directory; standard input and addresses stay."""
    if path == "-" or "://" in path:
        return path
    return os.path.join(folder, os.path.expanduser(path))


def _all_rebased(paths: list[str], folder: str) -> list[str]:
    return [_rebased(path, folder) for path in paths]


def _weights_rebased(text: str, folder: str) -> str:
    path = _rebased(text, folder)
    return text if "=" in text and not os.path.exists(path) else path


def _labels_rebased(text: str, folder: str) -> str:
    path = _rebased(text, folder)
    return text if "," in text and not os.path.exists(path) else path


TEXT = Kind(_text)
FOLDER = Kind(_path, rebase=_rebased, role="folder")
INPUT = Kind(_path, role="input")
OUTPUT = Kind(_path, role="output")
PATHS = Kind(_paths, rebase=_all_rebased, role="input")
COLUMN_NAMES = Kind(_texts, _split)
FLAG = Kind(_flag, lambda text: _FLAGS.get(text.casefold(), text))
WEIGHTS = Kind(_weights, rebase=_weights_rebased, role="input")
LABELS = Kind(_labels, rebase=_labels_rebased, role="input")
SEED = Kind(_seed, _integer)
TIMES = Kind(_times, _integer)
