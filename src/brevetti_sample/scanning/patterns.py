"""Which files of a folder tree are samples, by their names."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence


class Patterns:
    """What to take and what to leave out of a folder tree.

    A pattern is one of the shell's: ``*`` is any text, ``?`` any character, ``[ab]`` one of some.
    Without a slash it is compared with the name of a file and of each folder that it is in, with a
    slash with their paths below the tree's root, where ``*`` goes over slashes too. Letter case
    does not matter, so that ``*.jpg`` takes ``IMG_1.JPG``.

    Args:
        include: patterns, of which one must fit; none takes all.
        exclude: patterns, of which none may fit.
        hidden: whether to take names that begin with a dot.

    Example:
        >>> patterns = Patterns(["*.png"], ["raw"])
        >>> patterns.takes("1.PNG", "good/1.PNG"), patterns.leaves_out("raw", "good/raw")
        (True, True)
    """

    def __init__(
        self, include: Sequence[str] = (), exclude: Sequence[str] = (), *, hidden: bool = False
    ) -> None:
        self.include = tuple(include)
        self.exclude = tuple(exclude)
        self._hidden = hidden
        self._taken = _Pattern(self.include) if include else None
        self._left = _Pattern(self.exclude) if exclude else None

    def takes(self, name: str, path: str) -> bool:
        """Whether a file or folder is included, and with a folder all that is in it."""
        return self._taken is None or self._taken.fits(name, path)

    def leaves_out(self, name: str, path: str) -> bool:
        """Whether a file or folder is hidden or excluded, and with a folder all that is in it."""
        if not self._hidden and name[:1] == ".":
            return True
        return self._left is not None and self._left.fits(name, path)


class _Pattern:
    """One of several patterns."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._of_names = _compiled([pattern for pattern in patterns if "/" not in pattern])
        self._of_paths = _compiled([pattern.strip("/") for pattern in patterns if "/" in pattern])

    def fits(self, name: str, path: str) -> bool:
        names, paths = self._of_names, self._of_paths
        return (names is not None and names.match(name) is not None) or (
            paths is not None and paths.match(path) is not None
        )


def _compiled(patterns: Sequence[str]) -> re.Pattern[str] | None:
    if not patterns:
        return None
    return re.compile("|".join(map(fnmatch.translate, patterns)), re.IGNORECASE)
