"""What the columns of a Parquet file take once they are unpacked, from the headers of their pages.

The footer can claim anything; Arrow unpacks what the header of a page says. Only that it is far
more than the packed bytes is refused, and single pages and texts without measure: large columns
are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from brevetti_sample.limits import (
    MAX_CELL_BYTES,
    MAX_EXPANSION,
    MAX_PAGE_BYTES,
    MAX_PAGES,
    MAX_PAGES_BYTES,
    MAX_VALUES_BYTES,
    size_text,
)
from brevetti_sample.messages import quoted

_HEADER_BYTES = 512  # as much as a header takes as a rule; more is read if it does not suffice
_MOST_HEADER_BYTES = 1 << 24  # as in Arrow
_EXPANDING = ("GZIP", "ZSTD", "BROTLI", "LZ4", "LZ4_RAW", "LZO")
_TIMES = {"UNCOMPRESSED": 1, "SNAPPY": 22}  # the packed bytes, at most
_LARGE_PAGE_BYTES = 1 << 27  # larger ones are of pictures and the like, which hardly expand
_LARGE_EXPANSION = 10
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12}
_LONGEST_NAME = 200
_TEXT = "BYTE_ARRAY"
_INDEX_BYTES = 4  # of a value that is read as an index of a dictionary
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3  # types of pages
_INNER = {_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}  # where a header tells more of such a page
_PREFIXES = 7  # the encoding of texts that begin as those before them do: DELTA_BYTE_ARRAY


class PageError(ValueError):
    """A column is far larger than its packed bytes; the message says how much."""


class File(Protocol):
    """What can be read at a position."""

    def seek(self, position: int, /) -> object:
        """Go to a position."""

    def read(self, size: int, /) -> bytes:
        """Read bytes."""


class Texts(Protocol):
    """What reads texts, to tell how large they are."""

    def longest(self, group: int, path: str) -> int:
        """The bytes of the longest text of the dictionary of a leaf in a row group."""

    def count(self, group: int, path: str, largest: int) -> int:
        """The bytes of all texts of a leaf in a row group, whose largest page has so many."""


@dataclass(frozen=True)
class Page:
    """The header of a page.

    Attributes:
        kind: its type.
        unpacked: bytes, as it claims.
        packed: bytes in the file.
        values: how many it claims.
        encoding: of its values.
        header: bytes of the header itself.
    """

    kind: int
    unpacked: int
    packed: int
    values: int
    encoding: int
    header: int


@dataclass(frozen=True)
class _Chunk:
    """A column in a row group.

    Attributes:
        packed: its bytes in the file.
        unpacked: those of its pages; 0 if they cannot be many.
        least: bytes of its values, at least.
        most: and at most.
        values: how many it has.
        dictionary: bytes of the dictionary that texts are put together from, if they are.
        largest: bytes of its largest page.
        pages: how many it has; 0 if that does not matter.
    """

    packed: int
    unpacked: int
    least: int
    most: int
    values: int
    dictionary: int
    largest: int
    pages: int


def check_pages(
    file: File,
    size: int,
    metadata: Any,
    columns: Collection[str],
    encoded: Collection[str],
    texts: Texts,
) -> None:
    """Refuse columns that are far larger than their packed bytes.

    Args:
        file: the Parquet file.
        size: its bytes.
        metadata: its footer, as `pyarrow.parquet.FileMetaData`.
        columns: the names of the columns that are to be read.
        encoded: those of them that are read as dictionaries.
        texts: asked only if headers leave open how large texts are.

    Raises:
        PageError: naming the column.
    """
    wanted = set(columns)
    leaves = map(metadata.schema.column, range(metadata.num_columns))
    indices = [index for index, leaf in enumerate(leaves) if _is_in(leaf.path, wanted)]
    small = MAX_VALUES_BYTES // max(metadata.num_row_groups * len(indices), 1)
    total = guessed = 0
    guesses: list[tuple[int, str, int]] = []
    for index in indices:
        leaf = metadata.schema.column(index)
        path = leaf.path
        packed = unpacked = pages = 0
        for group in range(metadata.num_row_groups):
            chunk = _measure(file, metadata.row_group(group).column(index), leaf, path in encoded)
            packed += chunk.packed
            unpacked += chunk.unpacked
            _check(path, packed, unpacked, MAX_PAGES_BYTES)
            pages += chunk.pages
            if pages > MAX_PAGES:
                raise PageError(f"column {_name(path)} has more than {MAX_PAGES:,} pages")
            _check(path, chunk.packed, chunk.least, MAX_VALUES_BYTES)
            _check(path, size, total + chunk.least, MAX_VALUES_BYTES)
            most = chunk.most
            if chunk.dictionary and most > small:
                most += chunk.values * (texts.longest(group, path) - chunk.dictionary)
            if chunk.least < most and _is_far(most, chunk.packed, MAX_VALUES_BYTES):
                most = texts.count(group, path, chunk.largest)
                _check(path, chunk.packed, most, MAX_VALUES_BYTES)
                total += most
            elif chunk.least < most:
                guessed += most
                guesses.append((group, path, chunk.largest))
            else:
                total += most
            if guesses and _is_far(total + guessed, size, MAX_VALUES_BYTES):
                total += sum(texts.count(*guess) for guess in guesses)
                guessed, guesses = 0, []
            _check(path, size, total + guessed, MAX_VALUES_BYTES)


def _is_in(path: str, names: set[str]) -> bool:
    """Whether the path of a leaf is that of one of some columns, whose names may have dots."""
    at = len(path)
    while at >= 0:
        if path[:at] in names:
            return True
        at = path.rfind(".", 0, at)
    return False


def _measure(file: File, chunk: Any, leaf: Any, encoded: bool) -> _Chunk:
    """Tell how large a column is in a row group, as far as the headers of its pages do."""
    packed = max(chunk.total_compressed_size, 1)
    codec, kind = chunk.compression, chunk.physical_type
    values = chunk.num_values
    is_text = kind == _TEXT
    expanding = codec in _EXPANDING
    unpacked = plain = dictionary = prefixed = largest = pages = 0
    most_bytes = packed * _TIMES.get(codec, MAX_PAGES_BYTES)
    # Indices are as many as the footer says, and single pages no larger than this.
    if encoded and not leaf.max_repetition_level and most_bytes < _LARGE_PAGE_BYTES:
        plain = most_bytes
    elif expanding or is_text or leaf.max_repetition_level:
        counted = 0
        for page in _pages(file, chunk, leaf.path):
            claimed = min(page.unpacked, page.packed * _TIMES.get(codec, MAX_PAGES_BYTES))
            _check_page(leaf.path, page, claimed, is_text)
            pages += 1
            if pages > MAX_PAGES:
                break
            unpacked += claimed
            largest = max(largest, claimed)
            if page.kind == _DICTIONARY:
                dictionary = claimed
                continue
            counted += page.values
            if page.encoding == _PREFIXES:
                prefixed += claimed * page.values
            else:
                plain += claimed
        values = max(values, counted)
    if not is_text or encoded:
        dictionary = 0
    if not is_text:
        width = leaf.length if kind == "FIXED_LEN_BYTE_ARRAY" else _WIDTHS.get(kind, 8)
        least = most = values * max(width, 1)
    else:
        least = values * _INDEX_BYTES + plain
        most = least + prefixed + dictionary * values
    unpacked = unpacked if expanding else 0
    return _Chunk(packed, unpacked, least, most, values, dictionary, largest, pages)


def _check_page(column: str, page: Page, unpacked: int, is_text: bool) -> None:
    if unpacked > MAX_PAGE_BYTES or (
        unpacked > _LARGE_PAGE_BYTES and unpacked > page.packed * _LARGE_EXPANSION
    ):
        raise PageError(
            f"column {_name(column)} has {page.packed:,} bytes that become "
            f"{size_text(unpacked)} in one page"
        )
    if is_text and page.values and unpacked > (MAX_CELL_BYTES + 8) * page.values:
        raise PageError(
            f"column {_name(column)} has a text longer than {size_text(MAX_CELL_BYTES)}"
        )


def _name(column: str) -> str:
    return quoted(column[:_LONGEST_NAME])


def _is_far(unpacked: int, packed: int, most: int) -> bool:
    return unpacked > most and unpacked > packed * MAX_EXPANSION


def _check(column: str, packed: int, unpacked: int, most: int) -> None:
    if _is_far(unpacked, packed, most):
        raise PageError(
            f"column {_name(column)} has {packed:,} bytes that become {size_text(unpacked)}"
        )


def _pages(file: File, chunk: Any, column: str) -> Iterator[Page]:
    """Yield the headers of a column chunk's pages; what is damaged, Arrow will tell.

    Raises:
        PageError: a header that Arrow may read, and this cannot.
    """
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        at = min(at, chunk.dictionary_page_offset)
    if at < len(b"PAR1"):  # there are no pages
        return
    end = at + chunk.total_compressed_size
    try:
        while at < end:
            page = _page(file, at)
            if page is None or page.packed < 0:
                return
            yield page
            at += page.header + page.packed
    except _UnknownError:
        raise PageError(f"column {_name(column)} has a page with a strange header") from None


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
    kind, unpacked, packed = (fields.get(number, 0) for number in (1, 2, 3))
    inner = fields.get(_INNER.get(kind, 0), {})
    encoding = inner.get(4 if kind == _DATA_2 else 2, 0)
    return Page(kind, max(unpacked, 0), packed, max(inner.get(1, 0), 0), encoding, thrift.at)


class _UnknownError(Exception):
    """A header has something in it that headers of pages do not have."""


class _Thrift:
    """A reader of structures, by the numbers of their fields.

    As Arrow does, it takes the last of a field that comes twice, and none of another type.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        if depth > 8:
            raise _UnknownError
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            number = (number + 0x8000 & 0xFFFF) - 0x8000  # a number of 16 bits
            kind = head & 15
            if kind == 5:
                value = self._integer()
                if depth or number not in _INNER.values():
                    fields[number] = value
            elif kind == 12:
                inner = self.struct(depth + 1)
                if depth == 0 and number in _INNER.values():
                    fields[number] = inner
            else:
                self._pass(kind)
        return fields

    def _pass(self, kind: int) -> None:
        if kind == 3:
            self._skip(1)
        elif kind in (4, 6):
            self._varint()
        elif kind in (7, 8):
            self._skip(8 if kind == 7 else self._varint())
        elif kind not in (1, 2):  # true and false; headers of pages have no lists or maps
            raise _UnknownError

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
            if byte < 0x80:
                return result
            if shift > 63:
                raise _UnknownError

    def _integer(self) -> int:
        """A number of 32 bits; of a longer one, Arrow takes as many."""
        value = self._varint() & 0xFFFFFFFF
        return (value >> 1) ^ -(value & 1)
