"""Completion in bash, zsh and fish: what they ask, and how they want the answer.

They run the program with ``_BREVETTI_SAMPLE_COMPLETE`` set, as the scripts that
``--install-completion`` installs say. Nothing here fails or prints an error: it would stand in the
middle of the line that is being written.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from brevetti_sample.errors import OutputError, UsageError
from brevetti_sample.messages import close_match, listed

from .completion import Choice, choices

VARIABLE = "_BREVETTI_SAMPLE_COMPLETE"
COMPLETION = ("--install-completion", "--show-completion")
"""The options that may be followed by the name of a shell."""
_NAMES = ("bash", "zsh", "fish", "powershell", "pwsh")
_ASKED = "complete_"
_BREAKS = "=:"  # where bash splits words, whatever the quotes


def answers(shell: str | None) -> bool:
    """Whether the program is run for completion, by a shell that is known here."""
    return bool(shell) and str(shell).removeprefix(_ASKED) in _SHELLS


def answer(group: Any, asked: str) -> tuple[str, int]:
    """Answer a shell.

    Args:
        group: the group of all commands.
        asked: the value of `VARIABLE`.

    Returns:
        What to print, and the exit code.
    """
    try:
        return _SHELLS[asked.removeprefix(_ASKED)](group)
    except Exception:
        return "", 1


def mend_scripts() -> None:
    """Have zsh complete at the first tab of a session too.

    That tab loads the script, which then only says what the next ones are to run.
    """
    from typer import _completion_shared as shared

    scripts = getattr(shared, "_completion_scripts", {})
    later = "compdef %(complete_func)s %(prog_name)s"
    scripts["zsh"] = scripts.get("zsh", "").replace(
        f"\n{later}",
        f"\nif [[ $funcstack[1] = _%(prog_name)s ]]; then %(complete_func)s; else {later}; fi",
    )


def for_shell(arguments: Sequence[str]) -> str | None:
    """Show or install completion for a shell that is named after the option for that.

    Args:
        arguments: what the program was given, that option first.

    Returns:
        What to print; None if no shell is named: the parser finds out in which one it is run.

    Raises:
        UsageError: there is no completion for such a shell.
        OutputError: it cannot be installed.
    """
    from typer import _completion_shared as shared

    option, _, shell = arguments[0].partition("=")
    shell = shell or " ".join(arguments[1:])
    if option not in COMPLETION or not shell or shell.startswith("-"):
        return None
    if shell not in _NAMES:
        hint = close_match(shell, _NAMES) or f"; use {listed(_NAMES)}"
        raise UsageError(f"no completion for the shell {listed([shell])}{hint}")
    if option == "--show-completion":
        return shared.get_completion_script(
            prog_name="brevetti-sample", complete_var=VARIABLE, shell=shell
        )
    try:
        _, path = shared.install(shell, "brevetti-sample", VARIABLE)
    except OSError as error:
        raise OutputError(
            f"cannot install completion for {shell}: {error.strerror}: {listed([error.filename])}"
        ) from error
    return f"{shell} completion installed in {path}\nIt works from the next session on"


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
    begun = _unquoted(words[-1])
    kept = len(begun) - (0 if glue else len(_unquoted(raw[-1])))
    quoted = raw[-1][:1] in ("'", '"')
    found = choices(group, [_unquoted(word) for word in words[1:-1]], begun)
    texts = [choice.text[kept:] for choice in found]
    return "\n".join(texts if quoted else map(_escaped, texts)), 0


def _escaped(text: str) -> str:
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)


def _zsh(group: Any) -> tuple[str, int]:
    """A command, which is evaluated with all blanks made one."""
    words, begun = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    found = choices(group, words, begun)
    if not found:
        return "_files", 0
    after = ""
    if begun.startswith("--") and "=" in begun:
        after = "compset -P 1 '*=';"
        kept = begun.index("=") + 1
        found = [Choice(choice.text[kept:], choice.help) for choice in found]
    items = " ".join(map(_zsh_item, found))
    return f"{after} local -a choices; choices=({items}); _describe -V '' choices", 0


def _zsh_item(choice: Choice) -> str:
    text = re.sub(r"([\\:])", r"\\\1", choice.text)
    return shlex.quote(f"{text}:{choice.help}" if choice.help else text)


def _fish(group: Any) -> tuple[str, int]:
    """A line each, with what it means after a tab; asked first whether there are any."""
    words, begun = _split(os.environ["_TYPER_COMPLETE_ARGS"])
    found = choices(group, words, begun)
    if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return "", 0 if found else 1
    return "\n".join(f"{c.text}\t{c.help}" if c.help else c.text for c in found), 0


_SHELLS: dict[str, Callable[[Any], tuple[str, int]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def _split(line: str) -> tuple[list[str], str]:
    """The words of a line after the program's name, and the one that is being written."""
    words, whole = _tokens(line)
    ends = whole and line[-1:].isspace() and not line.endswith("\\ ")
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
