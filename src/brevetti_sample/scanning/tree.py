"""What a folder tree is to a scan, wherever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from .patterns import Patterns

Miss: TypeAlias = Callable[[str, str], None]
"""Called with the location of what cannot be listed, and why; may raise."""


Pass: TypeAlias = Callable[[str], None]
"""Called with the name of what the patterns do not take, a folder's with a slash."""


Identity: TypeAlias = tuple[int, int]
"""The device and the number of a file, which tell it from all others."""


class Facts(NamedTuple):
    """What is known of a file.

    Attributes:
        size: in bytes.
        modified: nanoseconds since 1970, UTC; None if that is not known.
        etag: a text that changes with the content, or None if that was not asked for.
    """

    size: int
    modified: int | None
    etag: str | None


class File(NamedTuple):
    """A file of a tree.

    Attributes:
        path: below the root of the tree, with slashes.
        facts: what the listing told of it, if it did.
    """

    path: str
    facts: Facts | None


class Tree(Protocol):
    """A folder tree, here or afar.

    Attributes:
        name: what messages call it.
        workers: how many threads it pays to ask for the facts of files.
        is_afar: whether a server has to answer for each of them.
    """

    name: str
    workers: int
    is_afar: bool

    def files(self, patterns: Patterns, miss: Miss, passed: Pass) -> Iterator[File]:
        """Yield the files that the patterns take, by the code points of their paths."""

    def facts(self, file: File, *, etag: bool) -> Facts | None:
        """Find out the facts of a file; None for one that is not to be listed."""

    def location(self, path: str) -> str:
        """Where a file is, for a message."""

    def sample_path(self, path: str) -> str:
        """How the manifest writes the path of a file."""
