"""The command that gives a result again, as one would type it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .declaration import written

if TYPE_CHECKING:
    from brevetti_sample.streams.plan import Plan

    from .sampling import Range, Sampling


def command_line(
    command: str,
    sources: Sequence[str] | None,
    sampling: Sampling,
    span: Range,
    plan: Plan,
    extra: Iterable[tuple[str, str | None]] = (),
) -> str:
    """Write a command with the options that it was given, quoted for a shell.

    Args:
        command: its name.
        sources: the manifest, as it was named; None for the bundled one.
        sampling: the sampling options.
        span: the range options.
        plan: the plan that was made; its seed is that which was drawn, if one was asked for.
        extra: other options as flags, each with its text.

    Returns:
        The command. Values that hold control characters are in ``$'...'`` of bash and zsh.
    """
    if sampling.seed is not None:
        sampling = replace(sampling, seed=plan.seed)
    options = [*written(sampling), *written(span), *extra]
    words = ["brevetti-sample", command]
    paths = list(sources or ())
    end = ["--"] if any(path.startswith("-") and path != "-" for path in paths) else []
    if not end:
        words += paths
    for flag, text in options:
        if text is not None:
            words += [f"{flag}={text}"] if text[:1] == "-" != text else [flag, text]
    words += [flag for flag, text in options if text is None]
    if end:
        words += end + paths
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    r"""Quote a word for a shell, with what cannot be seen as an escape.

    Example:
        >>> print(quoted("a.csv"), quoted("square root"), quoted("it's\n"))
        a.csv 'square root' $'it\'s\n'
    """
    if word.isprintable():
        return shlex.quote(word)
    parts = [
        f"\\{char}"
        if char in "\\'"
        else char
        if char.isprintable()
        else _ESCAPES.get(char) or "".join(f"\\x{byte:02x}" for byte in _bytes(char))
        for char in word
    ]
    return f"$'{''.join(parts)}'"


_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _bytes(char: str) -> bytes:
    return char.encode("utf-8", "surrogateescape")
