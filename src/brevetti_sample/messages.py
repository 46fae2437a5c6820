"""How messages write names and texts that come from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

_LONGEST = 500  # characters of a name in a message
_LONGEST_MATCHED = 200
_COMPARED = 2000


def printable(text: object) -> str:
    r"""Return text with every character that a terminal would act on written as an escape.

    So is a byte that is not UTF-8, which the names of files may have, and half a surrogate pair.

    Example:
        >>> printable("red \x1b[31m, line\n, caf\u00e9, byte \udcff")
        'red \\x1b[31m, line\\n, café, byte \\xff'
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # as Python has the bytes 0x80 to 0xff of such a name
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def close_match(word: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'X'?"`` for the choice most like a word, or an empty text.

    A choice that begins with the word is the most like it, if that has three letters or more.

    Example:
        >>> close_match("foldr", ["folder", "path"])
        "; did you mean 'folder'?"
    """
    import difflib

    folded = word.casefold()
    if len(folded) > _LONGEST_MATCHED:
        return ""
    by_fold = {c.casefold(): c for c in choices if len(c) <= _LONGEST_MATCHED}
    begun = (choice for choice in by_fold if len(word) > 2 and choice.startswith(folded))
    found = next(begun, None)
    if found is None:
        found = next(iter(difflib.get_close_matches(folded, _candidates(folded, by_fold), 1)), None)
    return "" if found is None else f"; did you mean '{printable(by_fold[found])}'?"


def _candidates(word: str, choices: Mapping[str, str]) -> list[str]:
    """The choices to compare with a word: all if they are few, else some that begin or end alike.

    To compare takes time; of a million choices, many minutes.
    """
    if len(choices) <= _COMPARED:
        return list(choices)
    alike: dict[str, None] = {}
    for quarters in (3, 2, 1):
        if len(alike) < _COMPARED:
            length = max(1, len(word) * quarters // 4)
            begin, end = word[:length], word[-length:]
            alike |= dict.fromkeys(c for c in choices if c.startswith(begin) or c.endswith(end))
    return list(alike)[:_COMPARED]


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that come more than once, sorted.

    Example:
        >>> repeated(["b", "a", "b"])
        ['b']
    """
    return sorted(name for name, count in Counter(names).items() if count > 1)


def listed(names: Iterable[object], most: int = 10) -> str:
    """Return names in quotes, separated by commas; past ``most``, how many more there are.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        "'a', 'b' and 1 more"
    """
    several = list(names)
    more = len(several) - most
    return ", ".join(map(quoted, several[:most])) + (f" and {more} more" if more > 0 else "")


def quoted(text: object) -> str:
    """Put a path or a name in quotes; of one without end its beginning.

    Example:
        >>> quoted("a.csv")
        "'a.csv'"
    """
    return f"'{shortened(text)}'"


def shortened(text: object) -> str:
    """Return text as `printable` does; of one without end its beginning.

    Example:
        >>> shortened("9" * 1000) == "9" * 500 + "…"
        True
    """
    text = str(text)
    return printable(text) if len(text) <= _LONGEST else f"{printable(text[:_LONGEST])}…"
