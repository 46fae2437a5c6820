"""How messages write names and texts that come from outside."""

from __future__ import annotations

from collections.abc import Iterable


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

    by_fold = {choice.casefold(): choice for choice in choices}
    begun = [choice for choice in by_fold if len(word) > 2 and choice.startswith(word.casefold())]
    found = begun or difflib.get_close_matches(word.casefold(), by_fold, n=1)
    return f"; did you mean '{printable(by_fold[found[0]])}'?" if found else ""


def listed(names: Iterable[object], most: int = 10) -> str:
    """Return names in quotes, separated by commas; past ``most``, how many more there are.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        "'a', 'b' and 1 more"
    """
    quoted = [f"'{printable(name)}'" for name in names]
    more = len(quoted) - most
    return ", ".join(quoted[:most]) + (f" and {more} more" if more > 0 else "")


def quoted(text: object) -> str:
    """Put a path or a name in quotes.

    Example:
        >>> quoted("a.csv")
        "'a.csv'"
    """
    return f"'{printable(text)}'"
