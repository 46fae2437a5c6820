"""The values that a configuration file and the environment give to options."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from brevetti_sample.errors import UsageError
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.local_path import local_path
from brevetti_sample.files.regular import read_regular
from brevetti_sample.messages import close_match, listed, printable, quoted

from .declaration import PREFIX, Option
from .keys import CHOICE, EXCLUSIVE, KEYS, Setting

MOST_BYTES = 1 << 20
"""No configuration file is larger."""
_LONGEST = 200  # characters of a value in a message
_NAME = "brevetti-sample"
# Not there, not for us to know of, or no file that anybody keeps a configuration in.
_NOT_OURS = frozenset(
    (
        *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM),
        *(errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EFBIG, errno.ENAMETOOLONG),
    )
)
FILE, PROJECT, TABLE = f"{_NAME}.toml", "pyproject.toml", f"tool.{_NAME}"


@dataclass(frozen=True)
class Configuration:
    """What is configured.

    Attributes:
        settings: by the name of the key; the environment before the file.
        notices: for people.
        path: of the file, if there is one.
    """

    settings: dict[str, Setting]
    notices: tuple[str, ...] = ()
    path: str | None = None


def read_configuration() -> Configuration:
    """Read the environment, and the file of the working directory or of a folder above it.

    Raises:
        UsageError: a file that cannot be read or is no TOML; a key that there is not, or a value
            that makes no sense.
    """
    notices: list[str] = []
    environment = _from_environment(notices)
    path = os.environ.get(CHOICE)
    path = local_path(path, CHOICE, source=CHOICE) if path else _find(notices)
    file = _from_file(path) if path else {}
    if any(name in environment for name in EXCLUSIVE):
        file = {name: setting for name, setting in file.items() if name not in EXCLUSIVE}
    return Configuration(file | environment, tuple(notices), path)


def _from_environment(notices: list[str]) -> dict[str, Setting]:
    keys = {key.variable: key for key in KEYS}
    found = {
        name: text
        for name, text in sorted(os.environ.items())
        if name.startswith(PREFIX) and text and name != CHOICE
    }
    unknown = [name for name in found if name not in keys]
    if unknown:
        notices.append(_ignored(unknown, [*keys, CHOICE]))
    settings = [
        Setting(key, _checked(key, key.kind.parse(found[name]), name, found[name]), name)
        for name, key in keys.items()
        if name in found
    ]
    _refuse_both(settings)
    return {setting.key.name: setting for setting in settings}


def _ignored(unknown: list[str], known: list[str]) -> str:
    """A notice of variables that mean nothing; one that looks misspelt is an error.

    Not all are errors: others name variables so too, such as Kubernetes after a service.
    """
    import difflib

    ends = {name.removeprefix(PREFIX): name for name in known}
    for name in unknown:
        close = difflib.get_close_matches(name.removeprefix(PREFIX), ends, n=1)
        if close:
            raise UsageError(
                f"{printable(name)} of the environment is no setting; did you mean "
                f"'{ends[close[0]]}'?"
            )
    return f"no setting, and ignored, in the environment: {', '.join(map(printable, unknown))}"


def _find(notices: list[str]) -> str | None:
    """Look for a file from the working directory up, as far as the repository goes."""
    try:
        absolute = os.getcwd()
    except OSError:  # it was removed
        return None
    folder = ""
    while True:
        own, project = os.path.join(folder, FILE), os.path.join(folder, PROJECT)
        if _is_there(own):
            if _mentions(project, f"[{TABLE}]"):
                notices.append(f"[{TABLE}] of {project} is ignored: {own} goes before it")
            return own
        # A first look saves most projects the time to parse the file.
        if _mentions(project, "brevetti") and (_table(project, _parsed(project)) is not None):
            return project
        parent = os.path.dirname(absolute)
        if parent == absolute or os.path.exists(os.path.join(folder, ".git")):
            return None
        absolute, folder = parent, os.path.join(folder, os.pardir)


def _is_there(path: str) -> bool:
    """Whether there is a file, and one that this user may know of."""
    try:
        os.stat(path)
    except OSError as error:
        if error.errno in _NOT_OURS:
            return False
        raise _unreadable(error, path) from error
    return True


def _mentions(path: str, text: str) -> bool:
    try:
        return text.encode() in read_regular(path, MOST_BYTES)
    except OSError as error:
        if error.errno in _NOT_OURS:
            return False
        # What is configured must not be left out without a word.
        raise _unreadable(error, path) from error


def _unreadable(error: OSError, path: str) -> UsageError:
    return UsageError(f"cannot read the configuration {quoted(path)}: {reason_of(error)}")


def _from_file(path: str) -> dict[str, Setting]:
    text = _text(path)
    table = _table(path, _parsed(path, text)) or {}
    section = TABLE if os.path.basename(path) == PROJECT else ""
    keys = {key.name: key for key in KEYS}
    unknown = [name for name in table if name not in keys]
    if unknown:
        location = _location(path, _line(text, section, unknown[0]))
        if unknown[0] in ("tool", _NAME) and not section:
            raise UsageError(f"{location}: write the keys without a table around them in this file")
        hint = close_match(unknown[0], keys) if len(unknown) == 1 else ""
        hint = hint or f"; the keys are {listed(keys, most=len(keys))}"
        raise UsageError(f"{location}: no key {listed(unknown)}{hint}")
    settings = []
    for name, value in table.items():
        key, line = keys[name], _line(text, section, name)
        checked = _checked(key, value, _location(path, line), value)
        settings.append(Setting(key, key.kind.rebase(checked, os.path.dirname(path)), path, line))
    _refuse_both(settings)
    return {setting.key.name: setting for setting in settings}


def _checked(key: Option, value: Any, location: str, shown: Any) -> Any:
    try:
        return key.kind.check(value)
    except ValueError as error:
        text = f"'{shown}'" if isinstance(shown, str) else _toml(shown)
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        raise UsageError(f"{location}: {key.name} must be {error}, not {printable(text)}") from None


def _toml(value: Any) -> str:
    """Write a value about as it stands in the file."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:  # Python writes no integers of so many digits
        return "a number of thousands of digits"


def _refuse_both(settings: list[Setting]) -> None:
    both = [setting for setting in settings if setting.key.name in EXCLUSIVE]
    if len(both) > 1:
        origins = " and ".join(dict.fromkeys(setting.origin for setting in both))
        raise UsageError(f"{origins}: give either {' or '.join(EXCLUSIVE)}, not both")


def _text(path: str) -> str:
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise _unreadable(error, path) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{quoted(path)} is not UTF-8; save it as UTF-8") from error


def _parsed(path: str, text: str | None = None) -> dict[str, Any]:
    import tomllib

    text = _text(path) if text is None else text
    if _DEEP.search(text):  # the parser takes the square of their number
        raise UsageError(f"{_location(path, None)} has a key of more than {_MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of an integer of thousands of digits
        reason, _, where = str(error).rpartition(" (at ")
        reason = reason or str(error).partition(":")[0]
        location = _location(path, None)
        found = re.fullmatch(r"line (\d+), column (\d+)\)", where)
        if found:
            location = f"'{printable(path)}' line {found[1]}, column {found[2]}"
        elif where == "end of document)":  # something has begun there, or above, and has no end
            location = f"'{printable(path)}' line {len(text.splitlines())}, the last,"
        raise UsageError(
            f"{location} is no TOML ({printable(reason)}); write KEY = VALUE, texts in quotes"
        ) from error


def _table(path: str, data: dict[str, Any]) -> dict[str, Any] | None:
    """The table of a parsed file that has the keys; None if there is none."""
    if os.path.basename(path) != PROJECT:
        return data
    tool = data.get("tool")
    if not isinstance(tool, dict):
        return None
    table = tool.get(_NAME)
    for name in tool:
        if name != _NAME and name.replace("_", "-") == _NAME:
            raise UsageError(f"'{printable(path)}': [tool.{name}] is not read; write [{TABLE}]")
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"'{printable(path)}': {TABLE} must be a table; write [{TABLE}]")
    return table


def _location(path: str, line: int | None) -> str:
    return f"'{printable(path)}'" + ("" if line is None else f" line {line}")


_MOST_PARTS = 64
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_DEEP = re.compile(f"(?<![\\w-])(?:{_PART}){{{_MOST_PARTS}}}")
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w.\"' -]+?)\s*=")


def _line(text: str, section: str, key: str) -> int | None:
    """Find the line of a key; the parser does not tell it."""
    for number, name in _names(text):
        if name == (f"{section}.{key}" if section else key):
            return number
    return None


def _names(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of each table and key, and of the tables around it."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table = name = re.sub(r"[\"']|\s", "", header[1])
        elif key:
            name = ".".join(filter(None, (table, re.sub(r"[\"']|\s", "", key[1]))))
        else:
            continue
        parts = name.split(".")
        yield from ((number, ".".join(parts[:end])) for end in range(len(parts), 0, -1))
