"""Commands whose options are filled in from the environment and a configuration file."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from brevetti_sample.cli.screen import console
from brevetti_sample.errors import SampleError
from brevetti_sample.messages import printable

from .help import write_parameters, write_text
from .keys import ENDLESS, EXCLUSIVE, KEYS, SAMPLING, Key

if TYPE_CHECKING:
    from .config_file import Setting

_PLAN = "plan_file"
_NAMED_CODES = (2, 3)  # of errors in arguments, and in the manifest


class ConfiguredCommand(TyperCommand):
    """A command that takes the options that were not given from what is configured.

    What it takes is told on standard error, and an error about such a value names where it stands.
    A command without options that can be configured does not look for any.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, then fill in; help, completion and the like end before."""
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            _fill_in(ctx)
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SampleError as error:
            if error.exit_code in _NAMED_CODES:
                error.args = (_with_places(str(error), ctx.meta[__name__]),)
            raise

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does."""
        write_text(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write its arguments and options."""
        write_parameters(self.get_params(ctx), ctx, formatter)


def _fill_in(ctx: Any) -> None:
    used: list[Setting] = []
    ctx.meta[__name__] = used
    if not any(key.parameter in ctx.params for key in KEYS):
        return
    from .config_file import read_configuration

    console.be_quiet(ctx.params.get("quiet", False))
    configuration = read_configuration()
    for notice in configuration.notices:
        console.say(notice)
    settings = configuration.settings
    for key in KEYS:
        if key.name in settings and _is_free(ctx, key) and _is_of_use(ctx, key):
            ctx.params[key.parameter] = settings[key.name].value
            used.append(settings[key.name])
    for source in dict.fromkeys(setting.source for setting in used):
        given = [part for s in used if s.source == source for part in _as_options(s)]
        console.say(f"from {source}: {shlex.join(given)}")


def _is_free(ctx: Any, key: Key) -> bool:
    """Whether the command has the option, and nothing nearer says it."""
    if key.parameter not in ctx.params:
        return False
    if key in SAMPLING and _is_given(ctx, _PLAN):
        return False
    names = EXCLUSIVE if key.name in EXCLUSIVE else (key.parameter,)
    if any(_is_given(ctx, name) for name in names):
        return False
    if key.name != "manifest":
        return True
    from brevetti_sample.cli.screen.standard_input import is_piped

    return not is_piped()


def _is_of_use(ctx: Any, key: Key) -> bool:
    """Whether there is the column that it is about; a file may be for runs without one too."""
    return not key.of or bool(ctx.params.get(key.of.replace("-", "_")))


def _is_given(ctx: Any, parameter: str) -> bool:
    source = ctx.get_parameter_source(parameter)
    # An argument that takes any number of values is said to be given when there are none.
    return source is not None and source.name == "COMMANDLINE" and ctx.params[parameter] != ()


def _as_options(setting: Setting) -> list[str]:
    """Write a setting as it would be given on the command line."""
    name, value = setting.key.name, setting.value
    if name == "manifest":
        return list(value)
    if name == "shuffle":
        return ["--shuffle" if value else "--no-shuffle"]
    if value is True:
        value = ENDLESS
    return [part for one in _listed(value) for part in (f"--{name}", str(one))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _with_places(message: str, used: list[Setting]) -> str:
    """Add to a message where the configured values stand that it is about."""
    wrong = message.partition("; ")[0]
    places = [
        f"{setting.key.name} of {printable(setting.place)}"
        for setting in used
        if any(f"'{printable(value)}'" in wrong for value in _listed(setting.value))
        or re.search(rf"\b{setting.key.name.replace('-', '[- ]')}\b", wrong)
    ]
    return f"{message} ({', '.join(places)})" if places else message
