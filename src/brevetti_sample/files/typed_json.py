"""JSON that is decoded by type: nothing in it is trusted, whatever checksum it has.

A type is made of `msgspec.Struct` and what that knows; numbers are finite and texts are UTF-8.
Import this, and modules that declare such types, where JSON is read: msgspec takes 25 ms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from brevetti_sample.messages import shortened

T = TypeVar("T")
_BOM = b"\xef\xbb\xbf"
_PLACE = re.compile(r" - at `(?:key in )?\$?(.*?)`$")
_KIND = re.compile(r"Expected `(?P<kind>[^`]*)`(?:, got `(?P<got>[^`]*)`)?")
_BOUND = re.compile(r"Expected `(?P<kind>[^`]*)` (?:of length )?(?P<sign>>=|<=|>|<) (?P<bound>\S+)")
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`", re.DOTALL)
_KINDS = {
    "int": "a whole number",
    "float": "a number with a fraction",
    "str": "text",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_SIGNS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


class JSONError(ValueError):
    """JSON that is damaged, or not of the type that it should have.

    Attributes:
        reason: what is wrong; what comes after the name of the file, or of the field.
        field: which field, as ``groups[3].weight``; None if it is no JSON at all.
    """

    def __init__(self, reason: str, field: str | None = None) -> None:
        self.reason = shortened(reason)
        self.field = None if field is None else shortened(field)
        super().__init__(self.reason if field is None else f"field {self.field} {self.reason}")


def decode(content: str | bytes, kind: type[T]) -> T:
    """Decode JSON.

    Args:
        content: the JSON, UTF-8.
        kind: what it must be.

    Raises:
        JSONError: no JSON, or of another type; with the field.

    Example:
        >>> decode("[1, 2]", list[int])
        [1, 2]
        >>> decode('[1, "2"]', list[int])
        Traceback (most recent call last):
        ...
        brevetti_sample.files.typed_json.JSONError: field [1] must be a whole number, not text
    """
    try:
        data = content.encode() if isinstance(content, str) else bytes(content)
        return msgspec.json.decode(data.removeprefix(_BOM), type=kind)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from error
    except msgspec.DecodeError as error:
        reason = str(error).removeprefix("JSON is malformed: ")
        reason = "it ends too early" if reason.endswith("truncated") else reason
        raise JSONError(f"is not JSON ({reason})") from error
    except UnicodeError as error:
        raise JSONError("is not UTF-8") from error
    except RecursionError as error:
        raise JSONError("is not JSON of ours: it is nested too deeply") from error


def convert(value: Mapping[Any, Any], kind: type[T]) -> T:
    """Check a value that is from JSON, or as JSON would have it.

    Raises:
        JSONError: of another type; with the field.

    Example:
        >>> convert({"a": 1}, dict[str, int])
        {'a': 1}
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from error
    except UnicodeError as error:  # half a surrogate pair, as `json.loads` lets it pass
        raise JSONError("has text that is not UTF-8") from error
    except RecursionError as error:
        raise JSONError("is not JSON of ours: it is nested too deeply") from error


class _Head(msgspec.Struct):
    format: Any = None
    version: Any = None


def read_versioned(value: Any, kind: type[T], format: str, version: int) -> T:
    """Read JSON that begins by saying what it is.

    Args:
        value: the JSON, UTF-8; or a mapping as JSON would have it.
        kind: what it must be: a Struct with the fields ``format`` and ``version``.
        format: what the first of them must be, such as ``brevetti-sample plan``.
        version: what the other must be.

    Raises:
        JSONError: no JSON, another format or version, or other fields; with the field.
    """
    if not isinstance(value, str | bytes | Mapping):
        raise JSONError(_other(format))
    read: Any = convert if isinstance(value, Mapping) else decode
    try:
        found: Any = read(value, kind)
    except JSONError as error:
        try:
            head = read(value, _Head)
        except JSONError as other:
            if isinstance(other.__cause__, msgspec.ValidationError):
                raise JSONError(_other(format)) from error
            raise error from None
        _check_head(head, format, version)
        raise
    _check_head(found, format, version)
    return found  # type: ignore[no-any-return]


def _check_head(head: Any, format: str, version: int) -> None:
    if head.format != format:
        raise JSONError(_other(format))
    if type(head.version) is not int or head.version != version:
        raise JSONError(f"is of version {str(head.version)[:20]}, not {version}")


def _other(format: str) -> str:
    program, _, what = format.partition(" ")
    return f"is not {'an' if what[0] in 'aeiou' else 'a'} {what} of {program}"


def _explained(message: str) -> JSONError:
    """An error of msgspec in our words."""
    place = _PLACE.search(message)
    field = "" if place is None else place[1].removeprefix(".")
    reason = message if place is None else message[: place.start()]
    if found := _FIELD.fullmatch(reason):
        name = f"{field}.{found[2]}" if field else found[2]
        return JSONError("is missing" if found[1] == "missing required" else "is unknown", name)
    if found := _BOUND.fullmatch(reason):
        reason = f"must be {_SIGNS[found['sign']]} {found['bound']}"
    elif found := _KIND.fullmatch(reason):
        kinds = [_KINDS.get(kind, kind) for kind in found["kind"].split(" | ")]
        reason = f"must be {' or '.join(kinds)}"
        reason += f", not {_KINDS.get(found['got'], found['got'])}" if found["got"] else ""
    elif " matching regex " in reason:
        reason = "must be a checksum in hexadecimal digits"
    elif reason.endswith("out of range"):
        reason = "is out of range"
    elif reason.startswith("Invalid enum value "):
        reason = f"must be another value than {reason.removeprefix('Invalid enum value ')}"
    return JSONError(reason, field or None)
