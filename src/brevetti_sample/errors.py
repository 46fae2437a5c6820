"""The errors of this project: one family, each with its exit code.

    SampleError               1  (never raised itself)
    ├── UsageError            2  an argument is wrong
    │   ├── ColumnError       2  a column that the manifest does not have
    │   └── WeightingError    2  a weighting that cannot be applied to the groups
    ├── ManifestError         3  a manifest that cannot be read, or is not a table
    ├── PlanError             3  a plan that cannot be read, or does not fit the manifest
    ├── SampleFileError       4  a sample's file that cannot be read, or is not an image
    ├── OutputError           5  the result could not be written
    ├── SkippedError          6  finished, but samples were skipped
    └── DamageError           7  records, or a whole export, that are not as they were written

An error keeps its facts in fields and formats itself: where, what is wrong, and what to do, on one
line. It mentions the parameters of a function as Python has them, by `argument`; the command line
rewrites those as its options. Errors of codes 2 and 3 are also `ValueError`s.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from .messages import close_match, listed, quoted

# Private-use characters, which `messages.printable` escapes: no text from outside has them.
_BEGIN, _END = "\ue000", "\ue001"
_ARGUMENT = re.compile(f"{_BEGIN}(\\w+)(?:=([^{_END}]*))?{_END}")

Spelling = Callable[[str, str | None], str]
"""Writes a parameter, from its name and, if there is one, its value as Python source."""


def argument(name: str, value: object = None) -> str:
    """Mention a parameter in a message, with a value if that is to be passed.

    Example:
        >>> str(UsageError("the folder holds another export", advice=argument("overwrite", True)))
        'the folder holds another export; overwrite=True'
    """
    return f"{_BEGIN}{name}{_END}" if value is None else f"{_BEGIN}{name}={value!r}{_END}"


def in_python(name: str, value: str | None = None) -> str:
    """Spell a parameter as a call has it.

    Example:
        >>> in_python("overwrite", "True")
        'overwrite=True'
    """
    return name if value is None else f"{name}={value}"


class SampleError(Exception):
    """Base of all errors that this project raises on purpose.

    Args:
        reason: what is wrong; what comes after the place, if there is one.
        advice: what to do about it.
        parameter: the argument at fault. It is the place if there is no other; by default it is
            the first that the reason mentions.
        concerns: the argument at fault, where the reason is a sentence of its own.
        source: what to call the file or table at fault; by default its path, in quotes.
        path: the file's path.
        line: of a text file, from 1.
        row: of the manifest, from 0.
        column: of the manifest.
        field: of a JSON file, as ``groups[3].weight``.

    Attributes:
        exit_code: what the command line exits with.
        parameters: the argument at fault, and all others that the reason mentions.
        reason: what is wrong, as text.
        advice: what to do about it, as text; empty if there is nothing to say.

    The other arguments are attributes too, None where they are not known.

    Example:
        >>> error = ManifestError("is not UTF-8", path="a.csv", line=3, column="name")
        >>> str(error), error.line
        ("'a.csv' line 3, column 'name' is not UTF-8", 3)
    """

    exit_code = 1

    def __init__(
        self,
        reason: str = "",
        *,
        advice: str = "",
        parameter: str | None = None,
        concerns: str | None = None,
        source: str | None = None,
        path: str | os.PathLike[str] | None = None,
        line: int | None = None,
        row: int | None = None,
        column: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(reason)
        self._reason, self._advice = reason, advice
        self._subject = parameter
        mentioned = (found[1] for found in _ARGUMENT.finditer(reason))
        self.parameters = tuple(dict.fromkeys(filter(None, (parameter, concerns, *mentioned))))
        self.parameter = next(iter(self.parameters), None)
        self.source = source
        self.path = None if path is None else os.fspath(path)
        self.line, self.row, self.column, self.field = line, row, column, field

    @property
    def reason(self) -> str:
        """What is wrong."""
        return _spelled(self._reason, in_python)

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _spelled(self._advice, in_python)

    def __str__(self) -> str:
        return self.text()

    def text(self, spelling: Spelling = in_python) -> str:
        """Write the error as one line.

        Args:
            spelling: how to write parameters.
        """
        place = self._place()
        if not place and self._subject is not None:
            place = argument(self._subject)
        message = f"{place} {self._reason}" if place else self._reason
        return _spelled(f"{message}; {self._advice}" if self._advice else message, spelling)

    def _place(self) -> str:
        """Where it is wrong: the file, the line or row, the column; empty if nothing is known."""
        place = self.source or (quoted(self.path) if self.path is not None else "")
        for name, number in (("line", self.line), ("row", self.row)):
            if number is not None:
                place = f"{place} {name} {number}".strip()
        if self.column is not None:
            column = f"column {quoted(self.column)}"
            place = f"{place}, {column}" if place else column
        if self.field is not None:
            place = f"{place}, field {self.field}" if place else f"field {self.field}"
        return place


def _spelled(text: str, spelling: Spelling) -> str:
    return _ARGUMENT.sub(lambda found: spelling(found[1], found[2]), text)


class UsageError(SampleError, ValueError):
    """An argument or option has a value that makes no sense."""

    exit_code = 2

    @classmethod
    def unknown(cls, parameter: str, value: Any, choices: Sequence[str]) -> UsageError:
        """Refuse a value that is none of a parameter's choices.

        Example:
            >>> str(UsageError.unknown("stream", "stratfied", ["stratified", "brevettiai"]))
            "stream 'stratfied' is unknown; did you mean 'stratified'?"
        """
        hint = close_match(str(value), choices).removeprefix("; ") or f"use {listed(choices)}"
        return cls(f"{quoted(value)} is unknown", parameter=parameter, advice=hint)


class ColumnError(UsageError):
    """Columns were named that the manifest does not have.

    Args:
        reason: what is wrong, and where.
        columns: the names.
        facts: the other arguments of `SampleError`.
    """

    def __init__(self, reason: str = "", *, columns: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(reason, **facts)
        self.columns = tuple(columns)

    @classmethod
    def missing(cls, source: str, columns: Sequence[str], advice: str) -> ColumnError:
        """Name columns that a manifest does not have.

        Example:
            >>> error = ColumnError.missing("'a.csv'", ["foldr"], "did you mean 'folder'?")
            >>> str(error), error.column
            ("'a.csv' has no column 'foldr'; did you mean 'folder'?", 'foldr')
        """
        reason = f"{source} has no column {listed(columns)}"
        return cls(reason, columns=columns, column=columns[0], source=source, advice=advice)

    def _place(self) -> str:
        return ""  # the reason names it


class WeightingError(UsageError):
    """A weighting rule is unknown, or gives weights that cannot be used."""


class ManifestError(SampleError, ValueError):
    """The manifest is missing, damaged, empty, or not a table."""

    exit_code = 3


class PlanError(SampleError, ValueError):
    """A saved plan is damaged, of another version, or of another manifest."""

    exit_code = 3


class SampleFileError(SampleError):
    """The file of a sample is missing, damaged, too large, or not an image."""

    exit_code = 4

    def _place(self) -> str:
        file = self.source or (quoted(self.path) if self.path is not None else "")
        return file if self.row is None else f"row {self.row}: {file}".strip()

    def in_row(self, row: int, advice: str) -> SampleFileError:
        """The same error, of a row of the manifest, and with one more piece of advice.

        Example:
            >>> error = SampleFileError("is empty", path="a.png", advice="fix it")
            >>> str(error.in_row(7, "leave it out"))
            "row 7: 'a.png' is empty; fix it, or leave it out"
        """
        return SampleFileError(
            self._reason,
            advice=f"{self._advice}, or {advice}" if self._advice else advice,
            source=self.source,
            path=self.path,
            row=row,
        )


class OutputError(SampleError):
    """The result could not be written."""

    exit_code = 5


class SkippedError(SampleError):
    """Everything is written but the samples that could not be read and were to be skipped."""

    exit_code = 6


class DamageError(SampleError):
    """A TFRecord file, or an export of several, is not as it was written.

    Args:
        reason: what is wrong.
        record: the number of the damaged record, from 0; None if it is not a record.
        offset: the byte where that record begins, of the uncompressed data.
        facts: the other arguments of `SampleError`.

    Example:
        >>> error = DamageError("the data does not match its checksum", record=3, offset=90)
        >>> str(error), error.record
        ('record 3 at byte 90: the data does not match its checksum', 3)
    """

    exit_code = 7

    def __init__(
        self,
        reason: str = "",
        *,
        record: int | None = None,
        offset: int | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(reason, **facts)
        self.record, self.offset = record, offset

    def _place(self) -> str:
        place = super()._place()
        if self.record is None:
            return place
        record = f"record {self.record} at byte {self.offset}:"
        return f"{place} is damaged in {record}" if place else record
