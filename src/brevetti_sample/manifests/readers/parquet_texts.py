"""How large the texts of a Parquet column are, without putting those of a dictionary together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from brevetti_sample.arrays.arrow import text_ends, to_numpy
from brevetti_sample.limits import MAX_EXPANSION, MAX_VALUES_BYTES

_BATCH_ROWS = 1 << 20
_NO_DICTIONARIES = frozenset(("DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"))


def without_dictionaries(metadata: pq.FileMetaData, paths: Collection[str]) -> set[str]:
    """Those of some leaves that have an encoding from which Arrow makes no dictionaries."""
    found: set[str] = set()
    if not paths:
        return found
    for index in range(metadata.num_columns):
        path = metadata.schema.column(index).path
        if path in paths and any(
            not _NO_DICTIONARIES.isdisjoint(metadata.row_group(group).column(index).encodings)
            for group in range(metadata.num_row_groups)
        ):
            found.add(path)
    return found


class Texts:
    """Reads texts of a Parquet file.

    Args:
        opened: opens the file.
        metadata: its footer.
    """

    def __init__(self, opened: Callable[[], pa.NativeFile], metadata: pq.FileMetaData) -> None:
        self._opened = opened
        self._metadata = metadata

    def longest(self, group: int, path: str) -> int:
        """The bytes of the longest text of the dictionary of a leaf in a row group.

        Raises:
            pyarrow.ArrowException, OSError: it is damaged.
        """
        # Arrow reads all of the dictionary for the first text.
        for rows in (1, _BATCH_ROWS):
            for batch in self._batches(rows, group, path, [path]):
                if found := max(map(_longest, batch.columns)):
                    return found
                if rows == 1:
                    break
        return 0

    def count(self, group: int, path: str, largest: int) -> int:
        """Count the bytes of the texts of a leaf in a row group; not to the end of far too many.

        Args:
            group: the number of the row group.
            path: of the leaf.
            largest: the bytes of its largest page, of which a text has no more.

        Raises:
            pyarrow.ArrowException, OSError: it is damaged.
        """
        plain = bool(without_dictionaries(self._metadata, [path]))
        rows = MAX_VALUES_BYTES // 4 // max(largest, 1) if plain else _BATCH_ROWS
        rows = max(1, min(rows, _BATCH_ROWS))
        total = 0
        for batch in self._batches(rows, group, path, [] if plain else [path]):
            total += sum(map(_bytes, batch.columns))
            if total > MAX_VALUES_BYTES * MAX_EXPANSION:
                break
        return total

    def _batches(
        self, rows: int, group: int, path: str, encoded: list[str]
    ) -> Iterator[pa.RecordBatch]:
        file = pq.ParquetFile(self._opened(), metadata=self._metadata, read_dictionary=encoded)
        return file.iter_batches(rows, [group], [path], use_threads=False)  # type: ignore[no-any-return]


def _leaves(array: pa.Array) -> list[pa.Array]:
    """The arrays that hold texts, however deep they are."""
    kind = array.type
    if pa.types.is_struct(kind):
        return [leaf for child in array.flatten() for leaf in _leaves(child)]
    return _leaves(array.flatten()) if pa.types.is_nested(kind) else [array]


def _longest(array: pa.Array) -> int:
    found = 0
    for leaf in _leaves(array):
        texts = leaf.dictionary if isinstance(leaf, pa.DictionaryArray) else leaf
        found = max(found, int(np.diff(text_ends(texts)).max(initial=0)))
    return found


def _bytes(array: pa.Array) -> int:
    total = 0
    for leaf in _leaves(array):
        if isinstance(leaf, pa.DictionaryArray):
            lengths = np.diff(text_ends(leaf.dictionary))
            total += int(lengths.take(to_numpy(leaf.indices.drop_null())).sum())
        else:
            total += int(np.diff(text_ends(leaf)[[0, -1]]).item())
    return total
