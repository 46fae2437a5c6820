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

from brevetti_sample.cli.main import app

ROOT = Path(__file__).parents[1]
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


def test_every_command_of_the_pages_runs_and_prints_what_is_shown(tmp_path):
    scripts = tmp_path / "bin"
    scripts.mkdir()
    program = scripts / "brevetti-sample"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m brevetti_sample "$@"\n')
    program.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    (work / "sample_manifests").symlink_to(ROOT / "sample_manifests")
    environment = os.environ | {"PATH": f"{scripts}:{os.environ['PATH']}", "COLUMNS": "100"}
    count = 0
    for page in PAGES:
        for command, shown in commands(page):
            done = subprocess.run(
                command,
                shell=True,
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            expected = "".join(
                ".*" if line.strip() == "..." else re.escape(line.rstrip() + "\n")
                for line in shown.splitlines()
            )
            assert re.fullmatch(expected, done.stdout, re.DOTALL), f"{command}\n{done.stdout}"
            count += 1
    assert count >= 8


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


def test_links_between_the_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
