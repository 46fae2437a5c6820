"""The help: complete, and shown without importing more than the parser."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from typer.main import get_command

from brevetti_sample.cli.lazy_group import COMMANDS
from brevetti_sample.cli.program import app

PROGRAM = """
import sys
from brevetti_sample.cli.main import main
main(sys.argv[1:])
own = [name.removeprefix("brevetti_sample.cli.commands.") for name in sys.modules]
print(*sorted({"rich", "stats", "plan", "verify", "export_tfrecord"} & set(own)), file=sys.stderr)
"""


def test_the_help_names_all_commands_and_options(run):
    assert (
        run("--help").text
        == """Usage: brevetti-sample [OPTIONS] COMMAND [ARGS]...

  Draw samples from an imbalanced data set with controlled frequency, reproducibly.

Commands:
  plan             Write drawn batches: a row a draw, with draw, batch, row, group and the
                   manifest's columns.
  stats            Show for each group its rows, its share of the draws, and how often it is
                   drawn.
  report           Make a page to look at: charts of rows against draws, the first batches,
                   images, numbers.
  export-tfrecord  Write drawn samples as TFRecord shards, which load elsewhere without code.
  verify           Compare an export with what was written: files, checksums, and groups with the
                   plan.
  scan             Make a manifest from a folder of samples: category, folder, path, size, etag,
                   modified.
  split            Add a purpose to each sample, by share: train, devel, test, or as you name
                   them.
  config           Show what is configured: each key, its value, and where that comes from.

Options:
  -V, --version         Show the version.
  --install-completion  Install completion for this shell, or for one that is named next.
  --show-completion     Show what would be installed, for this shell or one that is named next.
  -h, --help            Show this message and exit.
"""
    )


def test_the_help_of_a_command_has_its_arguments_then_its_options_by_subject(run):
    usage, _, rest = run("verify", "--help").text.partition("\n\n")
    assert usage.startswith("Usage: brevetti-sample verify [OPTIONS]")
    assert (
        rest
        == """  Compare an export with what was written: files, checksums, and groups with the plan.

  Each damage is a line on standard output: the file, and what is wrong.

  Example: brevetti-sample verify out --deep

Arguments:
  DIR  What export-tfrecord wrote.  [required]

Output:
  -q, --quiet  No notices on standard error.
  --debug      Show the traceback of an error.

Options:
  --deep      Take each record apart too: its features, its group, its image's header.
  -h, --help  Show this message and exit.
"""
    )


def test_without_a_command_the_help_is_shown_and_it_is_an_error(run):
    assert run().text == run("--help").text
    assert run().code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_has_the_first_line_of_each_help(name, run):
    command = get_command(app).commands[name]
    paragraph = inspect.cleandoc(command.help).split("\n\n")[0]
    assert COMMANDS[name] == " ".join(paragraph.split("\n"))
    shown = run(name, "--help").text
    for parameter in command.params:
        for option in [*parameter.opts, *parameter.secondary_opts]:
            assert option in shown or parameter.metavar in shown


@pytest.mark.parametrize(
    "arguments, loaded",
    [
        ([], ""),
        (["--help"], ""),
        (["--version"], ""),
        (["nothing"], ""),
        (["stats", "--help"], "stats"),
        (["stats", "-q", "-g", "folder"], "stats"),
        (["export-tfrecord", "--help"], "export_tfrecord"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_only_the_command_that_is_asked_for_is_imported_and_rich_only_for_tables(arguments, loaded):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == loaded
