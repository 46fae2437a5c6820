"""The command that gives a result again, as one would type it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .keys import ENDLESS

if TYPE_CHECKING:
    from brevetti_sample.streams.plan import Plan

    from .sampling import Range, Sampling


def command_line(
    command: str,
    sources: Sequence[str] | None,
    sampling: Sampling,
    span: Range,
    plan: Plan,
    extra: Sequence[tuple[str, str | None]] = (),
) -> str:
    """Write a command with the options that it was given, quoted for a shell.

    Args:
        command: its name.
        sources: the manifest, as it was named; None for the bundled one.
        sampling: the sampling options.
        span: the range options.
        plan: the plan that was made; its seed is that which was drawn, if one was asked for.
        extra: other options with their values; those without one are left out.

    Returns:
        The command. Values that hold control characters are in ``$'...'`` of bash and zsh.
    """
    options: list[tuple[str, object]] = [("--groupby", column) for column in sampling.groupby or ()]
    options += [
        ("--weighting", sampling.weighting),
        ("--weights", sampling.weights),
        ("--seed", None if sampling.seed is None else plan.seed),
        ("--stream", sampling.stream),
        ("--repeat", ENDLESS if sampling.repeat is True else sampling.repeat),
        ("--batch-size", sampling.batch_size),
        ("--plan", sampling.plan),
        ("--draws", span.draws),
        ("--batches", span.batches),
        ("--epochs", span.epochs),
        ("--start", span.start or None),
        *extra,
    ]
    words = ["brevetti-sample", command]
    paths = list(sources or ())
    end = ["--"] if any(path.startswith("-") and path != "-" for path in paths) else []
    if not end:
        words += paths
    for name, value in options:
        if value is not None:
            text = str(value)
            words += [f"{name}={text}"] if text[:1] == "-" != text else [name, text]
    if sampling.shuffle is not None:
        words.append("--shuffle" if sampling.shuffle else "--no-shuffle")
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
