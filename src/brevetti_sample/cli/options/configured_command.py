"""Commands whose options are filled in from the environment and a configuration file."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from brevetti_sample.cli.screen import console
from brevetti_sample.errors import ColumnError, ManifestError, SampleError, UsageError
from brevetti_sample.messages import printable, quoted

from .declaration import COLUMN, Option
from .help import write_parameters, write_text
from .keys import EXCLUSIVE, KEYS, SAMPLING, Setting
from .parse_errors import with_context
from .paths import check_paths
from .spelling import spelling_of

_FILE = f"{__name__}.file"
_PLAN = "plan"
_LIGHT = ("config",)  # imports no large library
_NAMED_CODES = (UsageError.exit_code, ManifestError.exit_code)


class CommandError(Exception):
    """An error of a command, in the words of the command line.

    Attributes:
        exit_code: what the program exits with.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ConfiguredCommand(TyperCommand):
    """A command that takes the options that were not given from what is configured.

    A notice says what it takes, and an error about such a value names its origin.
    A command without options that can be configured does not look for any.

    Attributes:
        options: its options by field.
    """

    options: dict[str, Option]
    allow_extra_args = True  # to refuse them in words of our own

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, then fill in; help, completion and the like end before."""
        with with_context(ctx):
            extra: list[str] = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            if extra:
                path = ctx.command_path
                raise UsageError(
                    f"{quoted(' '.join(extra))} is more than {path} takes; see {path} --help"
                )
            _fill_in(ctx)
        return extra

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            CommandError: what it raises, in the words of the command line.
        """
        try:
            options, configuration = self.options.values(), ctx.meta.get(_FILE)
            check_paths(options, ctx.params, configuration)
            if "quiet" not in ctx.params:  # it has no notices
                return super().invoke(ctx)
            from brevetti_sample.cli.screen.notices import warnings_as_notices
            from brevetti_sample.concurrency import cores
            from brevetti_sample.processes.headroom import check_headroom

            if self.name not in _LIGHT:
                check_headroom(cores())

            with warnings_as_notices():
                return super().invoke(ctx)
        except SampleError as error:
            message = error.text(spelling_of(options, ctx.params))
            if error.exit_code in _NAMED_CODES:
                message += _origins(error, ctx.meta[__name__])
            raise CommandError(message, error.exit_code) from error

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does."""
        write_text(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write its arguments and options."""
        write_parameters(self.get_params(ctx), ctx, formatter, self.options)


def _fill_in(ctx: Any) -> None:
    used: list[Setting] = []
    ctx.meta[__name__] = used
    if not any(key.field in ctx.params for key in KEYS):
        return
    from .config_file import read_configuration

    console.be_quiet(ctx.params.get("quiet", False))
    configuration = read_configuration()
    ctx.meta[_FILE] = configuration.path
    for notice in configuration.notices:
        console.say(notice)
    settings = configuration.settings
    for key in KEYS:
        if key.name in settings and _is_free(ctx, key) and _is_of_use(ctx, key):
            ctx.params[key.field] = settings[key.name].value
            used.append(settings[key.name])
    import shlex

    for source in dict.fromkeys(setting.source for setting in used):
        words = [word for one in used if one.source == source for word in one.words()]
        console.say(f"from {source}: {shlex.join(words)}")


def _is_free(ctx: Any, key: Option) -> bool:
    """Whether the command has the option, and nothing nearer says it."""
    if key.field not in ctx.params:
        return False
    if key in SAMPLING and _is_given(ctx, _PLAN):
        return False
    fields = EXCLUSIVE if key.field in EXCLUSIVE else (key.field,)
    if any(_is_given(ctx, field) for field in fields):
        return False
    if key.field != "manifest":
        return True
    from brevetti_sample.cli.screen.standard_input import is_piped

    return not is_piped()


def _is_of_use(ctx: Any, key: Option) -> bool:
    """Whether there is the column that it is about; a file may be for runs without one too."""
    return not key.of or bool(ctx.params.get(key.of))


def _is_given(ctx: Any, field: str) -> bool:
    source = ctx.get_parameter_source(field)
    # An argument that takes any number of values counts as given when there are none.
    return source is not None and source.name == "COMMANDLINE" and ctx.params[field] != ()


def _origins(error: SampleError, used: list[Setting]) -> str:
    """Where the configured values stand that an error is about, in brackets."""
    origins = [
        f"{setting.key.name} of {printable(setting.origin)}"
        for setting in used
        if _is_about(error, setting)
    ]
    return f" ({', '.join(origins)})" if origins else ""


def _is_about(error: SampleError, setting: Setting) -> bool:
    key, values = setting.key, setting.values
    if not {key.field, key.parameter}.isdisjoint(error.parameters):
        return True
    names = error.columns if isinstance(error, ColumnError) else [error.column]
    if key.metavar == COLUMN and any(name in values for name in names):
        return True
    return error.path in values or error.source in [quoted(value) for value in values]
