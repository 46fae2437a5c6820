"""What the columns of a Parquet file take once they are unpacked, from the headers of their pages.

The footer can claim anything; Arrow unpacks what the header of a page says. Only that it is far
more than the packed bytes is refused: large columns are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from brevetti_sample.limits import MAX_EXPANSION, MAX_PAGES_BYTES, MAX_VALUES_BYTES, size_text

_HEADER_BYTES = 512  # as much as a header takes as a rule; more is read if it does not suffice
_MOST_HEADER_BYTES = 1 << 24  # as in Arrow
_EXPANDING = ("GZIP", "ZSTD", "BROTLI", "LZ4", "LZ4_RAW", "LZO")  # Snappy reaches 21
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4}
_DICTIONARY = 2  # the type of such a page


class PageError(ValueError):
    """A column is far larger than its packed bytes; the message says how much."""


class File(Protocol):
    """What can be read at a position."""

    def seek(self, position: int, /) -> object:
        """Go to a position."""

    def read(self, size: int, /) -> bytes:
        """Read bytes."""


@dataclass(frozen=True)
class Page:
    """The header of a page.

    Attributes:
        kind: its type.
        unpacked: bytes, as it claims.
        packed: bytes in the file.
        values: how many it claims.
        header: bytes of the header itself.
    """

    kind: int
    unpacked: int
    packed: int
    values: int
    header: int


def check_pages(file: File, metadata: Any, columns: Collection[str]) -> None:
    """Refuse columns that are far larger than their packed bytes.

    Args:
        file: the Parquet file.
        metadata: its footer, as `pyarrow.parquet.FileMetaData`.
        columns: the names of the columns that are to be read.

    Raises:
        PageError: naming the column.
    """
    wanted = set(columns)
    leaves = [metadata.schema.column(index).path for index in range(metadata.num_columns)]
    indices = [i for i, path in enumerate(leaves) if path.partition(".")[0] in wanted]
    for index in indices:
        packed = unpacked = 0
        for group in range(metadata.num_row_groups):
            chunk = metadata.row_group(group).column(index)
            packed += max(chunk.total_compressed_size, 1)
            values = chunk.num_values
            if chunk.compression in _EXPANDING:
                pages = list(_pages(file, chunk))
                unpacked += sum(page.unpacked for page in pages)
                values = max(values, sum(p.values for p in pages if p.kind != _DICTIONARY))
            size = values * _WIDTHS.get(chunk.physical_type, 8)
            _check(leaves[index], chunk.total_compressed_size, size, MAX_VALUES_BYTES)
            _check(leaves[index], packed, unpacked, MAX_PAGES_BYTES)


def check_texts(file: Any, sizes: Any, metadata: Any, columns: Collection[str]) -> None:
    """Refuse columns of texts that a dictionary makes far larger than their packed bytes.

    Args:
        file: the Parquet file, opened to be read at a position.
        sizes: gives for a row group and a column the bytes of its texts, unless they are few.
        metadata: its footer.
        columns: the names of the columns of texts that are not read as dictionaries.

    Raises:
        PageError: naming the column.
    """
    wanted = set(columns)
    for index in range(metadata.num_columns):
        name = metadata.schema.column(index).path
        if name not in wanted:
            continue
        for group in range(metadata.num_row_groups):
            chunk = metadata.row_group(group).column(index)
            if not chunk.has_dictionary_page:
                continue
            first = next(_pages(file, chunk), None)
            if first is None or first.unpacked * chunk.num_values <= MAX_VALUES_BYTES:
                continue
            _check(name, chunk.total_compressed_size, sizes(group, name), MAX_VALUES_BYTES)


def _check(column: str, packed: int, unpacked: int, most: int) -> None:
    if unpacked > most and unpacked > packed * MAX_EXPANSION:
        raise PageError(
            f"column '{column[:200]}' has {packed:,} bytes that become {size_text(unpacked)}"
        )


def _pages(file: File, chunk: Any) -> Iterator[Page]:
    """Yield the headers of a column chunk's pages; what is damaged, Arrow will tell."""
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        at = min(at, chunk.dictionary_page_offset)
    end = at + chunk.total_compressed_size
    while at < end:
        page = _page(file, at)
        if page is None or page.packed < 0:
            return
        yield page
        at += page.header + page.packed


def _page(file: File, at: int) -> Page | None:
    size = _HEADER_BYTES
    while size <= _MOST_HEADER_BYTES:
        file.seek(at)
        data = file.read(size)
        try:
            return _parse(data)
        except IndexError:
            if len(data) < size:
                return None
        size *= 16
    return None


def _parse(data: bytes) -> Page:
    """Read a header: Thrift's compact protocol, of which only some integers matter."""
    thrift = _Thrift(data)
    fields = thrift.struct()
    inner: dict[int, Any] = next(
        (fields[number] for number in (5, 8, 7) if isinstance(fields.get(number), dict)), {}
    )
    numbers = [fields.get(number, 0) for number in (1, 2, 3)] + [inner.get(1, 0)]
    kind, unpacked, packed, values = (n if isinstance(n, int) else 0 for n in numbers)
    return Page(kind, unpacked, packed, max(values, 0), thrift.at)


class _Thrift:
    """A reader of structures, by the numbers of their fields."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        if depth > 8:
            raise IndexError
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            fields[number] = self._value(head & 15, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (1, 2):  # true and false
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._integer()
        if kind in (7, 8):
            self._skip(8 if kind == 7 else self._varint())
            return None
        if kind == 12:
            return self.struct(depth + 1)
        raise IndexError  # headers of pages have no lists or maps

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self._data):
            raise IndexError

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _varint(self) -> int:
        result = shift = 0
        while True:
            byte = self._byte()
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 63:
                return result

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
