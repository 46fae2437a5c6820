"""What bash, zsh and fish ask for completion, and how they want the answer.

They run the program as the scripts of `scripts` say. Nothing here fails or prints an error: it
would stand in the middle of the line that is being written.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from typing import Any

from .completion import Choice, choices

_ASKED = "complete_"
_BREAKS = "=:"  # where bash splits words, whatever the quotes


def answers(shell: str | None) -> bool:
    """Whether the program is run for completion, by a shell that is known here."""
    return bool(shell) and str(shell).removeprefix(_ASKED) in _SHELLS


def answer(group: Any, asked: str) -> tuple[str, int]:
    """Answer a shell.

    Args:
        group: the group of all commands.
        asked: the value of `scripts.VARIABLE`.

    Returns:
        What to print, and the exit code.
    """
    try:
        return _SHELLS[asked.removeprefix(_ASKED)](group)
    except Exception:
        return "", 1


def _bash(group: Any) -> tuple[str, int]:
    """A word a line; the part after the last break, which is all that bash puts in."""
    count = int(os.environ["COMP_CWORD"])
    raw = [*os.environ["COMP_WORDS"].split("\n")[: count + 1], ""][: count + 1]
    words: list[str] = []
    glue = False
    for part in raw:
        broken = bool(words) and part != "" and not part.strip(_BREAKS)
        if words and (broken or glue):
            words[-1] += part
        else:
            words.append(part)
        glue = broken
    prefix = _unquoted(words[-1])
    kept = len(prefix) - (0 if glue else len(_unquoted(raw[-1])))
    quoted = raw[-1][:1] in ("'", '"')
    found = choices(group, [_unquoted(word) for word in words[1:-1]], prefix)
    texts = [choice.text[kept:] for choice in found]
    return "\n".join(texts if quoted else map(_escaped, texts)), 0


def _escaped(text: str) -> str:
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)


def _zsh(group: Any) -> tuple[str, int]:
    """A command, which is evaluated with all blanks made one."""
    words, prefix = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    found = choices(group, words, prefix)
    if not found:
        return "_files", 0
    after = ""
    if prefix.startswith("--") and "=" in prefix:
        after = "compset -P 1 '*=';"
        kept = prefix.index("=") + 1
        found = [Choice(choice.text[kept:], choice.help) for choice in found]
    items = " ".join(map(_zsh_item, found))
    return f"{after} local -a choices; choices=({items}); _describe -V '' choices", 0


def _zsh_item(choice: Choice) -> str:
    text = re.sub(r"([\\:])", r"\\\1", choice.text)
    return shlex.quote(f"{text}:{choice.help}" if choice.help else text)


def _fish(group: Any) -> tuple[str, int]:
    """A line each, with what it means after a tab; asked first whether there are any."""
    words, prefix = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    found = choices(group, words, prefix)
    if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return "", 0 if found else 1
    return "\n".join(f"{c.text}\t{c.help}" if c.help else c.text for c in found), 0


_SHELLS: dict[str, Callable[[Any], tuple[str, int]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _split(line: str) -> tuple[list[str], str]:
    """The words of a line after the program's name, and the one that is being written."""
    words, is_closed = _tokens(line)
    ends = is_closed and line[-1:].isspace() and not line.endswith("\\ ")
    return (words[1:], "") if ends else (words[1:-1], words[-1])


def _unquoted(word: str) -> str:
    tokens, _ = _tokens(word)
    return "".join(tokens)


def _tokens(line: str) -> tuple[list[str], bool]:
    """Split as a shell does, and say whether all quotes are closed."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:  # within quotes, or after a backslash
        return [*words, lexer.token], False
    return words, True
