"""The README and the docs: what they show runs, and prints what they say."""

from __future__ import annotations

import doctest
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

import brevetti_sample
from brevetti_sample.cli.options.config_file import read_configuration
from brevetti_sample.cli.options.keys import KEYS
from brevetti_sample.cli.program import app

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, language):
    return [text for kind, text in BLOCK.findall(page.read_text()) if kind == language]


def commands(page):
    """The commands of a page's console blocks, each with the output that it shows."""
    for block in blocks(page, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = f"{command[:-1].rstrip()} {more.strip()}"
            yield command, output


def test_the_readme_has_at_most_500_words():
    prose = BLOCK.sub("", README.read_text())
    assert len(prose.split()) <= 500


@pytest.fixture
def shell(tmp_path):
    """Run a line in a shell, in a folder with the sample manifests; what it prints, and its code."""
    scripts, work = tmp_path / "bin", tmp_path / "work"
    scripts.mkdir()
    program = scripts / "brevetti-sample"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m brevetti_sample "$@"\n')
    program.chmod(0o755)
    work.mkdir()
    (work / "sample_manifests").symlink_to(ROOT / "sample_manifests")
    (work / "images").symlink_to(ROOT / "sample_manifests" / "digits" / "images")
    environment = os.environ | {"PATH": f"{scripts}:{os.environ['PATH']}", "COLUMNS": "100"}

    def call(line):
        return subprocess.run(
            line,
            shell=True,
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    call.folder = work
    return call


def written_files(page, folder):
    """Write the TOML blocks of a page that begin with a comment of their file's name."""
    for block in blocks(page, "toml"):
        name = re.match(r"# (\S+[.]toml)\n", block)
        if name:
            (folder / name[1]).write_text(block)
            yield folder / name[1]


def test_every_command_of_the_pages_runs_and_prints_what_is_shown(shell):
    count = 0
    for page in PAGES:
        files = list(written_files(page, shell.folder))
        for command, shown in commands(page):
            done = shell(command)
            expected = "".join(
                ".*" if line.strip() == "..." else re.escape(line.rstrip() + "\n")
                for line in shown.splitlines()
            )
            assert re.fullmatch(expected, done.stdout, re.DOTALL), f"{command}\n{done.stdout}"
            count += 1
        for file in files:
            file.unlink()
    assert count >= 8


def test_every_configuration_of_the_pages_is_valid_and_together_they_have_every_key(
    tmp_path, monkeypatch
):
    shown = set()
    for page in PAGES:
        for number, block in enumerate(blocks(page, "toml")):
            folder = tmp_path / f"{page.stem}_{number}"
            folder.mkdir()
            project = "[tool.brevetti-sample]" in block
            name = "pyproject.toml" if project else "brevetti-sample.toml"
            (folder / name).write_text(block)
            monkeypatch.setenv("BREVETTI_SAMPLE_CONFIG", str(folder / name))
            shown |= set(read_configuration().settings)
    assert shown == {key.name for key in KEYS}


def test_the_help_of_every_command_has_an_example_that_runs(shell):
    for name, command in get_command(app).commands.items():
        examples = re.findall(
            r"^Example: (?:\[bold\])?(.*?)(?:\[/bold\])?$", command.help, re.MULTILINE
        )
        assert len(examples) == 1, name
        assert examples[0].startswith(f"brevetti-sample {name} ")
        done = shell(examples[0])
        assert done.returncode == 0, f"{examples[0]}\n{done.stdout}"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.tensorflow] if "DataGenerator" in text else [])
        for page in PAGES
        if ">>> " in (text := page.read_text())
    ],
    ids=lambda page: page.stem,
)
def test_every_python_block_runs_and_gives_what_is_shown(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = "\n".join(block for block in blocks(page, "python") if block.startswith(">>> "))
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.tensorflow] if "import tensorflow" in text else [])
        for page in PAGES
        if "```python\n" in (text := page.read_text())
    ],
    ids=lambda page: page.stem,
)
def test_the_programs_of_the_pages_run_one_after_the_other(page, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    programs = [block for block in blocks(page, "python") if not block.startswith(">>> ")]
    program = tmp_path / "program.py"
    program.write_text("\n".join(programs))
    runpy.run_path(str(program))


def test_the_two_commands_of_the_readme_are_those_that_ci_runs():
    setup, test = blocks(README, "sh")
    ci = (ROOT / ".ci" / "run").read_text()
    assert "readme_block 1" in ci
    assert "readme_block 2" in ci
    assert "brevetti-sample stats" in setup
    assert "pytest" in test


def test_every_command_and_option_is_in_the_docs():
    page = (ROOT / "docs" / "command-line.md").read_text()
    for name, command in get_command(app).commands.items():
        assert f"## {name}" in page
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--"):
                    assert f"`{option}" in page, f"{name} {option}"


def test_the_reference_of_the_commands_is_fresh():
    reference = runpy.run_path(str(ROOT / "docs" / "write_commands.py"))["reference"]
    page = (ROOT / "docs" / "commands.md").read_text()
    assert page == reference(), "run python docs/write_commands.py"


def test_every_public_name_is_in_the_reference():
    page = (ROOT / "docs" / "python.md").read_text()
    shown = set(re.findall(r"^::: brevetti_sample\.\S*?(\w+)$", page, re.MULTILINE))
    errors = {name for name in brevetti_sample.__all__ if name.endswith("Error")}
    assert shown - {"errors"} == set(brevetti_sample.__all__) - errors


def test_links_between_the_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
