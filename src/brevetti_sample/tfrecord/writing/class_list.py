"""The list of classes that an export is given: names, a file of them, or another export."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from brevetti_sample.errors import ManifestError, UsageError, argument
from brevetti_sample.files.failures import reason_of
from brevetti_sample.files.regular import read_regular
from brevetti_sample.groups.class_names import check_class_names, is_class_name
from brevetti_sample.groups.keys import value_text
from brevetti_sample.messages import printable, quoted

from .folder import EXPORT, PROGRESS, read_export
from .labels import BACKGROUND

_MOST_BYTES = 16 << 20


def read_labels(source: Any, label_offset: int = 0) -> tuple[str, ...]:
    """Read a list of classes, in the order of their numbers.

    Args:
        source: the names: a sequence of texts, or of numbers that are the classes; a text with
            commas between them; the path of a file with one name per line; or the path of an
            export's folder, for its classes. A text is a path if something has that path; names
            with commas take a sequence or a file.
        label_offset: the number of the first class. With 1 a list may begin with `background`,
            which is class 0, and that of another export must.

    Returns:
        The names, without the background.

    Raises:
        UsageError: neither of these, or a list with an odd name or one that comes twice.
        ManifestError: a file or an export that cannot be read.

    Example:
        >>> read_labels("good, bad"), read_labels(range(3))
        (('good', 'bad'), ('0', '1', '2'))
    """
    if isinstance(source, str | os.PathLike):
        names = _from_text(os.fspath(source), label_offset)
    else:
        names = _from_sequence(source)
    if label_offset and names[:1] == (BACKGROUND,):
        names = names[1:]
    check_class_names(names, "labels")
    return names


def check_apart(source: Any, folder: str | os.PathLike[str]) -> None:
    """Refuse a list of classes that stands in the folder that is to be written.

    Raises:
        UsageError: it does: after an interrupted run the list could be gone.

    Example:
        >>> check_apart("bad,good", "out")
    """
    if not isinstance(source, str | os.PathLike) or not os.path.exists(source):
        return
    own = os.path.realpath(folder)
    path = os.path.realpath(source)
    if own in (path, os.path.dirname(path)):
        raise UsageError(
            f"{quoted(os.fsdecode(source))} is in the folder that is to be written",
            parameter="labels",
            advice=f"choose another {argument('folder')}, or copy the file of its classes",
        )


def _from_sequence(source: Any) -> tuple[str, ...]:
    values = list(source) if isinstance(source, Iterable) and not isinstance(source, bytes) else []
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    if not plain or not all(isinstance(value, str | int) for value in plain):
        raise UsageError(
            f"must be a list of class names or a path, not {source!r}", parameter="labels"
        )
    return tuple(map(value_text, plain))


def _from_text(text: str | bytes, label_offset: int) -> tuple[str, ...]:
    text = os.fsdecode(text)
    if os.path.isdir(text):
        return _from_export(text, label_offset)
    if os.path.exists(text):
        return _from_file(text)
    if "," not in text:
        raise UsageError(
            f"{quoted(text)} is neither a file, nor a folder, nor names with commas between them",
            parameter="labels",
            advice="a single class is a file of one line",
        )
    names = tuple(name.strip() for name in text.split(","))
    if "" in names:
        raise UsageError(
            f"{quoted(text)} has an empty name", parameter="labels", advice="leave out a comma"
        )
    return names


def _from_export(folder: str, label_offset: int) -> tuple[str, ...]:
    try:
        export = read_export(folder)
    except FileNotFoundError:
        if os.path.exists(os.path.join(folder, PROGRESS)):
            reason, advice = "is an unfinished export", "finish it with the command that began it"
        else:
            reason, advice = f"has no {EXPORT}", "name an export's folder, or a file"
        raise UsageError(reason, path=folder, concerns="labels", advice=advice) from None
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else printable(error)
        raise ManifestError(
            f"is damaged ({reason})", path=os.path.join(folder, EXPORT), concerns="labels"
        ) from None
    names = tuple(export.saved.class_names)
    if not names:
        raise UsageError(
            "is an export without classes",
            path=folder,
            concerns="labels",
            advice=f"name one that was written with {argument('label_column')}",
        )
    if label_offset and names[0] != BACKGROUND:
        raise UsageError(
            "is an export whose classes count from 0",
            path=folder,
            concerns="labels",
            advice=f"leave out {argument('label_offset', 1)}",
        )
    return names


def _from_file(path: str) -> tuple[str, ...]:
    try:
        content = read_regular(path, _MOST_BYTES)
    except OSError as error:
        reason = f"cannot be read: {reason_of(error)}"
        raise ManifestError(reason, path=path, concerns="labels") from error
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    lines = [line.removesuffix(b"\r") for line in lines]
    while lines and not lines[-1]:
        del lines[-1]
    names: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        name = _line(line, path, number)
        if name in names:
            raise ManifestError(
                f"names {quoted(name)} again, as line {names[name]} does",
                path=path,
                line=number,
                concerns="labels",
                advice="name each class once",
            )
        names[name] = number
    if not names:
        raise ManifestError("names no class", path=path, concerns="labels")
    return tuple(names)


def _line(line: bytes, path: str, number: int) -> str:
    try:
        name = line.decode()
    except UnicodeDecodeError:
        reason, advice = "is not UTF-8", "convert the file, e.g. with iconv"
    else:
        if is_class_name(name):
            return name
        reason = f"has {quoted(name)}, which cannot be the name of a class" if name else "is empty"
        advice = "write one name per line, printable text without spaces around it"
    raise ManifestError(reason, path=path, line=number, concerns="labels", advice=advice)
