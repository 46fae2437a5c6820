"""What can be configured: the keys, their defaults, and what values they take."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PREFIX = "BREVETTI_SAMPLE_"
"""How the environment variables of the keys begin."""
ENDLESS = "endless"
_FLAGS = {"1": True, "true": True, "yes": True, "on": True}
_FLAGS |= {"0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Key:
    """A key of a configuration file.

    Attributes:
        name: as it is written in a file; the option has the same.
        default: what holds without it; None for nothing.
        nothing: what nothing means, for people.
        check: turns a value of a file into that of the option; raises `ValueError` with what the
            value must be.
        parse: turns the text of an environment variable into a value of a file.
        place: turns a value whose paths start from a folder into one of the working directory.
        of: the key of the column that it is about; without such a column it means nothing.
    """

    name: str
    default: str | int | None
    check: Callable[[Any], Any]
    nothing: str = ""
    parse: Callable[[str], Any] = str
    place: Callable[[Any, str], Any] = lambda value, _: value
    of: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that stands for it."""
        return PREFIX + self.name.upper().replace("-", "_")

    @property
    def parameter(self) -> str:
        """The name of the parameter of a command."""
        return self.name.replace("-", "_")


def _require(right: bool, expected: str) -> None:
    if not right:
        raise ValueError(expected)


def _text(value: Any) -> str:
    _require(isinstance(value, str), "a text in quotes")
    return str(value)


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    right = isinstance(texts, list) and all(text and isinstance(text, str) for text in texts)
    _require(right and bool(texts), "a text in quotes, or a list of such")
    return list(texts)


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


def _whole(least: int, most: int | None = None) -> Callable[[Any], int]:
    if most is None:
        expected = f"a whole number from {least} up"
    else:
        expected = " or ".join(map(str, range(least, most + 1)))

    def check(value: Any) -> int:
        _require(type(value) is int, expected)
        _require(value >= least and (most is None or value <= most), expected)
        return int(value)

    return check


def _seed(value: Any) -> int:
    _require(type(value) is int and value < 1 << 64, "a whole number below 2^64")
    return int(value)


def times(value: Any) -> int:
    """How often to repeat: a number, or True for ``endless``."""
    if value == ENDLESS:
        return True
    _require(type(value) is int and value >= 1, f"a whole number from 1 up, or '{ENDLESS}'")
    return int(value)


def number(text: str) -> int | str:
    """A whole number if it is one; else the text, which the check then refuses."""
    try:
        return int(text)
    except ValueError:
        return text


def _truth(text: str) -> bool | str:
    return _FLAGS.get(text.casefold(), text)


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _placed(path: str, folder: str) -> str:
    """A path as seen from the working directory; standard input and addresses stay."""
    if path == "-" or "://" in path:
        return path
    return os.path.join(folder, os.path.expanduser(path))


def _all_placed(paths: list[str], folder: str) -> list[str]:
    return [_placed(path, folder) for path in paths]


def _weights_placed(text: str, folder: str) -> str:
    path = _placed(text, folder)
    return text if "=" in text and not os.path.exists(path) else path


SAMPLING = (
    Key("groupby", None, _texts, "all rows are one group", parse=_split),
    Key("weighting", "uniform", _text, "the weights are given"),
    Key("weights", None, _weights, "as the weighting says", place=_weights_placed),
    Key("seed", 0, _seed, parse=number),
    Key("stream", "stratified", _text),
    Key("shuffle", True, _flag, parse=_truth),
    Key("repeat", ENDLESS, times, parse=number),
    Key("batch-size", 32, _whole(1), parse=number),
)
"""The keys that a plan fixes."""
KEYS = (
    Key("manifest", None, _texts, "the bundled listing", place=_all_placed),
    *SAMPLING,
    Key("image-column", None, _text, "no images"),
    Key("image-root", None, _text, "the manifest's folder", place=_placed, of="image-column"),
    Key("label-column", None, _text, "no labels"),
    Key("label-offset", 0, _whole(0, 1), parse=number, of="label-column"),
    Key("max-pixels", 100_000_000, _whole(1), parse=number, of="image-column"),
)
"""All keys, in the order in which they are shown."""
EXCLUSIVE = ("weighting", "weights")
"""Keys of which a command takes one: given nearer, the other is left out."""
