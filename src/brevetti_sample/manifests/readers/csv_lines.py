"""The records of a CSV file by Python's parser: slow, but it counts lines; none is without end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from brevetti_sample.limits import MAX_BLANK_LINES, MAX_LINE_BYTES, MAX_ROW_LINES, size_text

TOO_LONG = f"longer than {size_text(MAX_LINE_BYTES)}"


class LongRowError(Exception):
    """A row is longer than `limits.MAX_LINE_BYTES`, or has more lines than `limits.MAX_ROW_LINES`.

    Attributes:
        line: where it begins, from 1.
        reason: how long it is.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


def records(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    r"""Yield (line number, fields) of each record; none for a blank line.

    Args:
        text: the file, opened with ``newline=""``.

    Raises:
        LongRowError: a record is too long. No more of it has been read.
        csv.Error: no CSV.

    Example:
        >>> import io
        >>> list(records(io.StringIO('a,b\n\n"1\n2",3\n', newline="")))
        [(1, ['a', 'b']), (2, []), (3, ['1\n2', '3'])]
    """
    lines = _Lines(text)
    reader = csv.reader(lines)
    before = csv.field_size_limit(MAX_LINE_BYTES)  # of this process, not of a reader
    try:
        for record in reader:
            yield lines.first, record
            lines.begin(reader.line_num + 1)
    finally:
        csv.field_size_limit(before)


def header(text: TextIO) -> tuple[int, list[str]]:
    r"""Return (line number, fields) of the first record that is not blank; (0, []) if none is.

    Raises:
        LongRowError, csv.Error: as `records`.

    Example:
        >>> import io
        >>> header(io.StringIO("\n\na,b\n", newline=""))
        (3, ['a', 'b'])
    """
    for line, record in records(text):
        if record:
            return line, record
        if line > MAX_BLANK_LINES:
            break
    return 0, []


class _Lines:
    """The lines of a text, of which a record may take so many characters, and no more."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.begin(1)

    def begin(self, line: int) -> None:
        self.first, self._room, self._lines = line, MAX_LINE_BYTES, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._room + 1)
        self._room -= len(line)
        self._lines += 1
        if self._room < 0:
            raise LongRowError(self.first, TOO_LONG)
        if self._lines > MAX_ROW_LINES:
            raise LongRowError(self.first, f"a row of more than {MAX_ROW_LINES:,} lines")
        if not line:
            raise StopIteration
        return line
