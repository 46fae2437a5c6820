"""Options, each declared once: as a field of a frozen class, the options that belong together.

    @dataclass(frozen=True, eq=False)
    class Range:
        draws: int | None = option("-n", kind=number(1), metavar="N", help="How many draws.")

The flag, its help, its key in a configuration file, its environment variable, its text in the
command that a report shows, and what completes it all come from there. A command is a function of
such classes; `flattened` makes of it the function of single options that Typer takes. None of them
is compared, and without `eq` each class takes 0.2 ms less of the start.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_type_hints

import typer

from brevetti_sample.messages import printable

from .values import TEXT, Kind

COLUMN, COLUMNS = "COLUMN", "COLUMN,..."
"""What stands in the help for a column of the manifest, and for several."""
PREFIX = "BREVETTI_SAMPLE_"
"""How the environment variables of the configurable options begin."""
_OPTION = "option"
_REQUIRED = dataclasses.MISSING


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Option:
    """An option, or an argument, of the command line.

    Attributes:
        field: its name in the class.
        type: that of its value, as Typer has it.
        default: its value where it is not given.
        help: what it is for.
        short: its one-letter flag.
        kind: the values it takes.
        metavar: what stands for the value in the help; by default the choices.
        panel: the heading of the help that it stands under.
        choices: texts that can complete it.
        fallback: what holds where it is neither given nor configured, if `default` does not say so.
        shown: what the help shows for that.
        nothing: the same for people, if the fallback is None.
        configurable: whether it is a key of configuration files.
        of: the key of the column that it is about; without such a column it means nothing.
        parameter: the library's name for it; by default its own.
        is_argument: whether its value stands alone, without a flag.
    """

    field: str = ""
    type: Any = None
    default: Any = None
    help: str = ""
    short: str = ""
    kind: Kind = TEXT
    metavar: str = ""
    panel: str = ""
    choices: tuple[str, ...] = ()
    fallback: Any = None
    shown: str = ""
    nothing: str = ""
    configurable: bool = False
    of: str = ""
    parameter: str = ""
    is_argument: bool = False

    @property
    def name(self) -> str:
        """The name for people: of the flag without dashes, and of the key."""
        return self.field.replace("_", "-")

    @property
    def flag(self) -> str:
        """The long flag."""
        return f"--{self.name}"

    @property
    def off(self) -> str:
        """The flag that turns it off; empty if there is none."""
        return f"--no-{self.name}" if self.is_flag and self.default is not False else ""

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return self.type in (bool, bool | None)

    @property
    def variable(self) -> str:
        """The environment variable that configures it."""
        return PREFIX + self.field.upper()

    @property
    def value_name(self) -> str:
        """What stands for its value in the help."""
        return self.metavar or "|".join(self.choices)

    @property
    def effective_default(self) -> Any:
        """What holds where it is neither given nor configured, as a file would say it."""
        return self.default if self.fallback is None else self.fallback

    @property
    def shown_default(self) -> str:
        """What the help shows for a default that is not the parser's; empty if there is none."""
        if self.shown or self.fallback is None:
            return self.shown
        return self.name if self.fallback is True else str(self.fallback)

    def filled(self, value: Any) -> Any:
        """The value, or what holds if it is None."""
        if value is not None or self.fallback is None:
            return value
        return self.kind.check(self.fallback)

    def written(self, value: Any) -> list[tuple[str, str | None]]:
        """Write a value as flags, each with its text, None if it takes none.

        Example:
            >>> Option(field="groupby", type=list[str]).written(["a", "b"])
            [('--groupby', 'a'), ('--groupby', 'b')]
            >>> Option(field="shuffle", type=bool | None).written(False)
            [('--no-shuffle', None)]
        """
        if self.is_flag:
            return [(self.flag if value else self.off, None)]
        if value is True:  # without end, which a file says by this word
            return [(self.flag, str(self.fallback))]
        return [(self.flag, str(one)) for one in (value if isinstance(value, list) else [value])]

    def help_record(self) -> tuple[str, str]:
        """What the help has of it: its flags, and what it is for, with default and bounds."""
        flags = f"{self.flag} / {self.off}" if self.off else self.flag
        term = f"{self.short}, {flags}" if self.short else flags
        if not self.is_flag:
            term += f" {self.value_name}"
        notes = []
        if self.shown_default:
            notes.append(f"default: ({self.shown_default})")
        elif self.default is not None and self.default is not False:
            notes.append(f"default: {self.name if self.is_flag else self.default}")
        if self.kind.bounds:
            notes.append(self.kind.bounds)
        return term, f"{self.help}  [{'; '.join(notes)}]" if notes else self.help

    def signature(self) -> inspect.Parameter:
        """The parameter that Typer makes the option of."""
        settings: dict[str, Any] = {
            "metavar": None if self.is_flag else self.value_name,
            "show_default": self.shown_default or self.default is not None,
            "help": self.help,
        }
        if self.type in (int, int | None):
            settings["parser"] = self._parsed
        if self.is_argument:
            declared = typer.Argument(**settings)
        else:
            names = [f"{self.flag}/{self.off}" if self.off else self.flag, self.short]
            declared = typer.Option(
                *filter(None, names), rich_help_panel=self.panel or None, **settings
            )
        return inspect.Parameter(
            self.field,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if self.default is _REQUIRED else self.default,
            annotation=Annotated[self.type, declared],
        )

    def _parsed(self, text: str | int) -> Any:
        try:
            return self.kind.check(self.kind.parse(text) if isinstance(text, str) else text)
        except ValueError as error:
            raise typer.BadParameter(f"must be {error}, not '{printable(text)}'") from None


def option(short: str = "", **declared: Any) -> Any:
    """Declare an option as a field of an options class.

    Args:
        short: its one-letter flag.
        declared: the attributes of `Option` that are not as by default.
    """
    return _field(Option(short=short, **declared))


def argument(*, required: bool = False, **declared: Any) -> Any:
    """Declare an argument, which has no flag, as a field of an options class."""
    default = _REQUIRED if required else None
    return _field(Option(is_argument=True, default=default, **declared))


def option_like(options: type, field: str, **changed: Any) -> Any:
    """Declare an option that differs from that of another class in some attributes."""
    return _field(dataclasses.replace(_declared(options)[field], **changed))


def _field(declared: Option) -> Any:
    return dataclasses.field(default=declared.default, metadata={_OPTION: declared})


def _declared(options: type) -> dict[str, Option]:
    return {field.name: field.metadata[_OPTION] for field in dataclasses.fields(options)}


@functools.cache
def options_of(options: type) -> tuple[Option, ...]:
    """The options that the fields of a class declare, in their order."""
    types = get_type_hints(options)
    return tuple(
        dataclasses.replace(declared, field=field, type=types[field])
        for field, declared in _declared(options).items()
    )


def filled(options: Any) -> dict[str, Any]:
    """The values of a class of options by field, with what holds where nothing is given."""
    declared = options_of(options.__class__)
    return {one.field: one.filled(getattr(options, one.field)) for one in declared}


def written(options: Any) -> Iterator[tuple[str, str | None]]:
    """Yield the options of a class that have another value than by default, as flags and texts."""
    for declared in options_of(options.__class__):
        value = getattr(options, declared.field)
        if value != declared.default:
            yield from declared.written(value)


def options_by_field(command: Callable[..., None]) -> dict[str, Option]:
    """The options of a command that takes options classes."""
    return {one.field: one for kind in _classes(command).values() for one in options_of(kind)}


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """Make a function of single options, for Typer, of a command that takes options classes."""
    classes = _classes(command)

    def flat(**values: Any) -> None:
        command(
            **{
                name: kind(**{one.field: values[one.field] for one in options_of(kind)})
                for name, kind in classes.items()
            }
        )

    parameters = [one.signature() for one in options_by_field(command).values()]
    flat.__doc__ = command.__doc__
    flat.__annotations__ = {}
    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return flat


def _classes(command: Callable[..., None]) -> dict[str, type]:
    """The options classes that a command takes, by the name of the parameter."""
    return {name: kind for name, kind in get_type_hints(command).items() if name != "return"}
