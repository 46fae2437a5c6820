"""The folder tree of a path or a URI."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection

from brevetti_sample.errors import SampleFileError, UsageError
from brevetti_sample.files.local_path import is_uri
from brevetti_sample.messages import quoted

from .local_tree import LocalTree
from .remote_tree import RemoteTree, open_uri
from .tree import Identity, Tree


def open_tree(
    source: str,
    relative_to: str | os.PathLike[str] | None,
    leave_out: Collection[Identity],
    refused: Collection[Identity] = (),
) -> Tree:
    """Open a tree.

    Args:
        source: a folder, or a URI of one.
        relative_to: the folder from which paths are written if the tree is in it, or None.
        leave_out: files of it that are no samples.
        refused: files that must not be among them.

    Raises:
        SampleFileError: there is no such folder, or it cannot be reached.
        UsageError: no name at all.

    Example:
        >>> open_tree("sample_manifests/digits", "sample_manifests", ()).sample_path("7.png")
        'digits/7.png'
    """
    if not source:
        raise UsageError("the folder has no name", advice="use . for the current one")
    if is_uri(source):
        system, path, base = open_uri(source)
        if system.type_name != "local":
            return RemoteTree(system, path, base)
        source = path or "/"
    tree = LocalTree(source, leave_out=leave_out, refused=refused)
    tree.prefix = _prefix(source, relative_to)
    return tree


def _prefix(folder: str, relative_to: str | os.PathLike[str] | None) -> str:
    """What the paths of the files of a folder begin with."""
    root = os.path.abspath(folder)
    with contextlib.suppress(OSError):  # whoever lists it says why it cannot be
        if not os.path.samefile(root, folder):  # .. after a link is not where it seems
            root = os.path.realpath(folder)
    prefix = f"{root.rstrip(os.sep)}/"
    if relative_to is not None:
        base = f"{os.path.abspath(relative_to).rstrip(os.sep)}/"
        prefix = prefix.removeprefix(base)
    prefix = prefix.replace(os.sep, "/")
    try:
        prefix.encode()
    except UnicodeEncodeError:
        raise SampleFileError(
            "cannot be listed: its path is not UTF-8",
            source=quoted(root),
            path=root,
            advice="rename the folder, or change to it first",
        ) from None
    return prefix
