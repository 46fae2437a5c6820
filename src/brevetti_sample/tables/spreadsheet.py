"""Text that a spreadsheet would take for a formula, and what keeps it text.

A cell of a CSV file that begins with ``=``, quoted or not, is a formula to a spreadsheet, and a
formula can run programs and send away what is in the sheet. So OWASP's rule against CSV injection:
what begins like one gets a single quote before it. Numbers stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

BEGINNINGS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""How a formula may begin, the last four as wide as a Chinese character."""
QUOTE = "'"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_RISKY = f"^[{re.escape(BEGINNINGS)}]"
_is_number = re.compile(_NUMBER).fullmatch


def safe_text(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula.

    Example:
        >>> safe_text("=1+1"), safe_text("-1+1"), safe_text("-1"), safe_text("a=b")
        ("'=1+1", "'-1+1", '-1', 'a=b')
    """
    return QUOTE + text if text[:1] in BEGINNINGS and text and not _is_number(text) else text


def safe_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Do so with all texts of a column; one of another type stays as it is.

    Example:
        >>> import pyarrow as pa
        >>> safe_column(pa.chunked_array([["@a", "-1.5e3", None, ""]])).to_pylist()
        ["'@a", '-1.5e3', None, '']
    """
    import pyarrow as pa

    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return column
    import pyarrow.compute as pc

    risky = pc.match_substring_regex(column, _RISKY)
    if not pc.any(risky).as_py():
        return column
    number = pc.match_substring_regex(column, rf"^{_NUMBER}\z")
    quoted = pc.binary_join_element_wise(pa.scalar(QUOTE, kind), column, pa.scalar("", kind))
    return pc.if_else(pc.and_not(risky, number), quoted, column)
