"""Where the file of a sample is: below its root, unless its path is absolute."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

from brevetti_sample.errors import SampleFileError, argument
from brevetti_sample.messages import quoted


def resolve_below(path: str, root: str, parameter: str) -> str:
    """Find the file of a local path: a relative one starts from a root, and stays below it.

    Links are followed, wherever they lead, and an absolute path is taken as it is.

    Args:
        path: as the manifest has it.
        root: a folder.
        parameter: what the root is called.

    Raises:
        SampleFileError: the path leads out of the root.

    Example:
        >>> resolve_below("a/b.png", "/data", "root"), resolve_below("/b.png", "/data", "root")
        ('/data/a/b.png', '/b.png')
    """
    if "\0" in path:
        raise SampleFileError("has a zero byte in it", path=path, advice="fix the manifest")
    if os.path.isabs(path):
        return path
    if leads_out(path):
        raise SampleFileError(
            f"leads out of {quoted(root)}",
            path=path,
            advice=f"pass another {argument(parameter)}, or write absolute paths",
        )
    return f"{root}{os.sep}{path}"


def leads_out(path: str) -> bool:
    """Whether a relative path leads out of where it starts, by its dots.

    Example:
        >>> leads_out("a/../b"), leads_out("a/../../b"), leads_out("%2e%2E/b")
        (False, True, False)
    """
    return os.pardir in path and os.path.normpath(path).split(os.sep)[0] == os.pardir


def climbs(path: str) -> bool:
    """Whether a part of a URI's path is two dots, however they are written.

    Example:
        >>> climbs("a/b..c"), climbs("a/../b"), climbs("%2e%2E/b")
        (False, True, True)
    """
    decoded = path
    while (unquoted := unquote(decoded)) != decoded:
        decoded = unquoted
    return ".." in re.split(r"[/\\?#]", decoded)
