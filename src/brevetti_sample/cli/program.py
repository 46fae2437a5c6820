"""The program: its commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from brevetti_sample import __version__
from brevetti_sample.cli.screen.output import ReaderGoneError, standard_output
from brevetti_sample.errors import OutputError, SampleError

from .lazy_group import Commands
from .screen import console, outcome

app = typer.Typer(
    name="brevetti-sample",
    cls=Commands,
    add_completion=False,  # ours completes columns too
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"brevetti-sample {__version__}", file=standard_output())
        raise typer.Exit


def _install_completion(shell: str | None = None) -> None:
    from brevetti_sample.cli.shells.scripts import install

    out = standard_output()
    name, path = install(shell)
    print(f"{name} completion installed in {path}\nIt works from the next session on", file=out)


def _show_completion(shell: str | None = None) -> None:
    from brevetti_sample.cli.shells.scripts import script

    out = standard_output()
    print(script(shell), end="", file=out)


_COMPLETION = {
    "--install-completion": _install_completion,
    "--show-completion": _show_completion,
}


def _for_this_shell(param: typer.CallbackParam, wanted: bool) -> None:
    if wanted:
        _COMPLETION[param.opts[0]]()
        raise typer.Exit


def _for_named_shell(arguments: Sequence[str]) -> bool:
    """Do what an option says that is followed by the name of a shell, if it is."""
    option, _, shell = arguments[0].partition("=") if arguments else ("", "", "")
    shell = shell or " ".join(arguments[1:])
    is_named = option in _COMPLETION and shell != "" and not shell.startswith("-")
    if is_named:
        _COMPLETION[option](shell)
    return is_named


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
    install_completion: Annotated[
        bool,
        typer.Option(
            "--install-completion",
            callback=_for_this_shell,
            is_eager=True,
            help="Install completion for this shell, or for one that is named next.",
        ),
    ] = False,
    show_completion: Annotated[
        bool,
        typer.Option(
            "--show-completion",
            callback=_for_this_shell,
            is_eager=True,
            help="Show what would be installed, for this shell or one that is named next.",
        ),
    ] = False,
) -> None:
    """Draw samples from an imbalanced data set with controlled frequency, reproducibly."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; see `brevetti_sample.cli.main.main`."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    outcome.start_over()
    if asked := os.environ.get("_BREVETTI_SAMPLE_COMPLETE"):
        from typer.main import get_command

        from brevetti_sample.cli.shells.answers import answer, answers

        if answers(asked):
            text, code = answer(get_command(app), asked)
            try:
                print(text, flush=True)
            except OSError:  # nothing is said, in the middle of the line that is being written
                return OutputError.exit_code
            return code
    try:
        if _for_named_shell(arguments):
            return 0
        result = app(arguments, prog_name="brevetti-sample", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return int(result or 0)
    except (ReaderGoneError, BrokenPipeError):
        return 141
    except SystemExit as stop:
        # The parser exits with 1 if the reader of its help has gone.
        return 141 if stop.code == 1 else int(stop.code or 0)
    except (KeyboardInterrupt, typer.Abort):
        console.say(f"interrupted: {outcome.outcome()}")
        return 130
    except Exception as error:
        if debug:
            console.traceback(error)
        return _report(error)


def _report(error: Exception) -> int:
    """Print one line for an error and choose the exit code."""
    from brevetti_sample.cli.options.configured_command import CommandError
    from brevetti_sample.cli.options.spelling import as_option

    if isinstance(error, CommandError):
        console.error(str(error))
        return error.exit_code
    if isinstance(error, SampleError):  # outside of the commands
        console.error(error.text(as_option))
        return error.exit_code
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # the parser's own
        from brevetti_sample.cli.options.parse_errors import explain

        console.error(explain(error))
        return int(error.exit_code)
    from brevetti_sample.files.failures import is_out_of_memory, raise_if_exhausted, system_error

    if is_out_of_memory(error):
        console.error("there is not enough memory; free some, or ask for less at once")
        return OutputError.exit_code
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        from brevetti_sample.processes.headroom import no_more_threads

        console.error(no_more_threads().text(as_option))
        return OutputError.exit_code
    if isinstance(error, OSError) and error.errno is not None:  # the system, and no bug of ours
        try:
            raise_if_exhausted(error)
        except (OutputError, MemoryError) as known:
            return _report(known)
        console.error(system_error(error))
        return OutputError.exit_code
    console.error(
        f"{type(error).__name__}: {error}; this is a bug: run again with --debug and report it"
    )
    return 1
