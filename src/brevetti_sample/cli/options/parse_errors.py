"""What the parser of the command line refuses, in the words of all other errors.

The parser's errors are known by what they carry, which is documented: its own words differ from
version to version.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import typer

from brevetti_sample.messages import close_match, listed


@contextlib.contextmanager
def with_context(context: Any) -> Iterator[None]:
    """Have the parser's errors know in which command they were raised; some do not."""
    try:
        yield
    except Exception as error:
        if getattr(error, "ctx", context) is None:
            error.ctx = context  # type: ignore[attr-defined]
        raise


def explain(error: Any) -> str:
    """Write an error of the parser as one line: what is wrong, and what to do.

    Args:
        error: with ``ctx``; of an option that there is not, with ``option_name`` and
            ``possibilities``; of one that is used wrongly, with ``option_name``; of a value, with
            ``param``; of a value that is missing, with ``param_type`` too.
    """
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "brevetti-sample"
    see = f"see {command} --help"
    flag, parameter = getattr(error, "option_name", None), getattr(error, "param", None)
    if flag is not None:
        options = _options(context)
        if hasattr(error, "possibilities"):
            return f"no option {listed([flag])}{_close_options(flag, list(options)) or f'; {see}'}"
        takes_value = flag in options and not options[flag].is_flag
        problem = "requires an argument" if takes_value else "does not take a value"
        return f"option {listed([flag])} {problem}"
    if parameter is not None and hasattr(error, "param_type"):
        return f"missing {parameter.param_type_name} {listed([parameter.metavar])}; {see}"
    if parameter is not None and isinstance(error, typer.BadParameter):
        return f"{parameter.opts[0]} {error.message}"
    return f"{error.format_message()}; {see}"


def _options(context: Any) -> dict[str, Any]:
    """The options of a command by their flags."""
    return {
        flag: parameter
        for parameter in (context.command.get_params(context) if context else ())
        if parameter.param_type_name == "option"
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }


def _close_options(flag: str, flags: list[str]) -> str:
    flags = [one for one in flags if one.startswith("--")]
    starting = [one for one in flags if one.startswith(flag)]
    if len(starting) > 1 and flag != "--":
        return "; did you mean " + " or ".join(map("'{}'".format, starting)) + "?"
    return close_match(flag, flags)
