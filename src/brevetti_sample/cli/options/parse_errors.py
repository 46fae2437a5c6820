"""What the parser of the command line refuses, in the words of all other errors."""

from __future__ import annotations

import re
from typing import Any

from brevetti_sample.messages import close_match, listed, printable


def explain(error: Any) -> str:
    """Write an error of the parser as one line: what is wrong, and what to do.

    Args:
        error: with ``ctx``, and ``option_name`` or ``param`` where it has such.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "brevetti-sample"
    see = f"see {path} --help"
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return (
            f"no option {listed([error.option_name])}{_close_options(error, context) or f'; {see}'}"
        )
    parameter = getattr(error, "param", None)
    if kind == "BadParameter" and parameter is not None:
        return _problem(parameter, error)
    message = error.format_message().rstrip(".")
    extra = re.fullmatch(r"Got unexpected extra argument\S* \((.*)\)", message)
    if extra:
        return f"'{printable(extra[1])}' is more than {path} takes; {see}"
    hint = f"; {see}" if context and message else ""
    return f"{message[:1].lower()}{message[1:]}{hint}"


def _close_options(error: Any, context: Any) -> str:
    options = [
        option
        for parameter in (context.command.get_params(context) if context else ())
        if parameter.param_type_name == "option"
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    ]
    begun = [option for option in options if option.startswith(error.option_name)]
    if len(begun) > 1 and error.option_name != "--":
        return "; did you mean " + " or ".join(map("'{}'".format, begun)) + "?"
    return close_match(error.option_name, options)


def _problem(parameter: Any, error: Any) -> str:
    """What the value of an option must be.

    A number's is written here: the parser's own words differ from version to version.
    """
    if error.message.startswith("must be "):
        return f"{parameter.opts[0]} {error.message}"
    found = re.match(r"'?(.*?)'? is not ", error.message)
    if found is None or not parameter.type.name.startswith("int"):
        return str(error.format_message())
    least = getattr(parameter.type, "min", None)
    bound = "" if least is None else f" from {least} up"
    return f"{parameter.opts[0]} must be a whole number{bound}, not '{printable(found[1])}'"
