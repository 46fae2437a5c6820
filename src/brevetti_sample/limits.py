"""How large what is read may be: what is small on disk, and grows in memory, ends here.

None of these is near to what a data set needs; a file beyond one of them is damaged or hostile.
They are listed in `docs/limits.md`. This module imports nothing.
"""

from __future__ import annotations

MIB = 1 << 20

MIN_ADDRESS_SPACE = 1024 * MIB
"""What a command needs where memory is limited: the libraries and their threads."""
MAX_COLUMNS = 1 << 20
"""Columns of a manifest."""
MAX_COLUMNS_READ = 1 << 15
"""Columns of a manifest that are read together: each takes 10 KB, however few the rows are."""
MAX_LINE_BYTES = 32 * MIB
"""The header, or a row with all of its cells, of a CSV file; unpacked."""
MAX_BLANK_LINES = 1 << 20
"""Blank lines before the header of a CSV file."""
MAX_ROW_LINES = 1 << 20
"""Lines of that header, or of that row if it is read again to find the line of an error."""
MAX_EXPLAINED = 256 * MIB
"""Characters of a CSV file that are read again to find the line of an error."""
MAX_EXPLAINED_LINES = 1 << 23
"""Lines of it, likewise."""
MAX_PIPED_BYTES = 512 * MIB
"""A manifest that is piped in, and so kept in memory: packed, if it is."""
MAX_TEXT_BYTES = 512 * MIB
"""A packed CSV file, unpacked, where it is far smaller packed."""
MAX_FOOTER_BYTES = 64 * MIB
"""The footer of a Parquet file."""
MAX_FOOTER_PARTS = 1 << 21
"""The parts of that: what it says of columns in row groups, about six of each."""
MAX_ROW_GROUPS = 1 << 16
"""Row groups of a Parquet file."""
MAX_PAGES = 1 << 18
"""Pages of a column of a Parquet file."""
MAX_PAGE_BYTES = 512 * MIB
"""A page of a Parquet file."""
MAX_CELL_BYTES = 32 * MIB
"""A text in a Parquet file."""
MAX_PAGES_BYTES = 512 * MIB
"""The pages of the columns that are read of a Parquet file, where they are far smaller packed."""
MAX_VALUES_BYTES = 512 * MIB
"""The values of the columns that are read of a Parquet file, where they are far smaller packed."""
MAX_EXPANSION = 200
"""What is so many times as large as the packed bytes is far larger."""
MAX_IMAGE_BYTES = 256 * MIB
"""The file of an image, or of another sample that is read into memory at once."""
MAX_RECORD_BYTES = 288 * MIB
"""The data of a record of a TFRecord file: an image, and what is beside it."""
MAX_IMAGE_PARTS = 1 << 22
"""The chunks, segments or blocks of an image that are passed on the way to its end."""


def size_text(count: int) -> str:
    """Write a limit for people.

    Example:
        >>> size_text(MAX_LINE_BYTES)
        '32 MiB'
    """
    return f"{count // MIB} MiB"
