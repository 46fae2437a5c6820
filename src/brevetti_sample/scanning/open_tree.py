"""The folder tree of a path or a URI, and how the paths of its files are written."""

from __future__ import annotations

import os
from collections.abc import Collection

from brevetti_sample.errors import SampleFileError, UsageError

from .local_tree import LocalTree, shown
from .remote_tree import REMOTE, RemoteTree, open_uri
from .tree import Identity, Tree


def open_tree(
    source: str, relative_to: str | os.PathLike[str] | None, leave_out: Collection[Identity]
) -> tuple[Tree, str, bool]:
    """Open a tree.

    Args:
        source: a folder, or a URI of one.
        relative_to: the folder from which paths are written if the tree is in it, or None.
        leave_out: files of it that are no samples.

    Returns:
        The tree, what the paths in it begin with, and whether they are those of a URI.

    Raises:
        SampleFileError: there is no such folder, or it cannot be reached.
        UsageError: no name at all.

    Example:
        >>> open_tree("sample_manifests/digits", "sample_manifests", ())[1:]
        ('digits/', False)
    """
    if not source:
        raise UsageError("the folder has no name; use . for the current one")
    if REMOTE.match(source):
        system, path, base = open_uri(source)
        if system.type_name != "local":
            return RemoteTree(system, path, base), f"{base}/", True
        source = path or "/"
    tree = LocalTree(source, leave_out)
    root = os.path.abspath(source)
    if not os.path.samefile(root, source):  # .. after a link is not where it seems
        root = os.path.realpath(source)
    prefix = f"{root.rstrip(os.sep)}/"
    if relative_to is not None:
        base = f"{os.path.abspath(relative_to).rstrip(os.sep)}/"
        prefix = prefix.removeprefix(base)
    prefix = prefix.replace(os.sep, "/")
    try:
        prefix.encode()
    except UnicodeEncodeError:
        raise SampleFileError(
            f"cannot list '{shown(root)}': its path is not UTF-8; rename the folder, or go into it"
        ) from None
    return tree, prefix, False
