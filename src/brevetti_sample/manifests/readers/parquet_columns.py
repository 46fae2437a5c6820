"""Whether what a Parquet file's footer says of its columns can be looked at.

Arrow decodes what the footer says of a column in a row group when that is asked for, and throws
where something is wrong with it, such as a codec or statistics that cannot be. Where it reads the
column it catches that; `pyarrow.parquet.RowGroupMetaData.column` and its properties do not, and the
process aborts. So before anything is asked that way, Arrow is made to begin to read, from a file
that refuses: 0.1 ms a row group.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Collection
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq


def check_columns(metadata: Any, columns: Collection[str], size: int) -> None:
    """Decode what a footer says of columns, in all row groups.

    Args:
        metadata: the footer, as `pyarrow.parquet.FileMetaData`.
        columns: their names.
        size: of the file, in bytes.

    Raises:
        pyarrow.ArrowException, OSError: it is damaged.
    """
    # Without buffers for what comes next, and with one for what is read, it opens all columns
    # before it reads of any.
    file = pq.ParquetFile(
        pa.PythonFile(_Closed(size), mode="r"), metadata=metadata, pre_buffer=False, buffer_size=64
    )
    wanted = list(columns)
    for group in range(metadata.num_row_groups):
        with contextlib.suppress(_ReadError):  # there is nothing left to do but to read
            next(file.iter_batches(1, [group], wanted, use_threads=False), None)


class _ReadError(Exception):
    """Something was to be read."""


class _Closed(io.RawIOBase):
    """A file of a length, of which nothing can be read."""

    def __init__(self, size: int) -> None:
        self._size = size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        return self._size if whence == io.SEEK_END else position

    def tell(self) -> int:
        return self._size

    def read(self, size: int = -1) -> NoReturn:
        raise _ReadError
