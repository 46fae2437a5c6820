"""Completion: in real shells where they are installed, and what the program answers to each."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time

import pytest
import shellingham
from typer.main import get_command

from brevetti_sample.arguments import STREAMS
from brevetti_sample.cli.lazy_group import COMMANDS
from brevetti_sample.cli.options.declaration import options_of
from brevetti_sample.cli.options.sampling import Sampling
from brevetti_sample.cli.program import app
from brevetti_sample.cli.shells.completion import choices
from brevetti_sample.errors import ManifestError
from brevetti_sample.groups import weighting
from support.program import LISTING

SHELLS = ("bash", "zsh", "fish")
START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
LOAD = {
    "bash": "source ./script",
    "zsh": "autoload -Uz compinit; compinit -u -d dump; source ./script",
    "fish": "source ./script",
}
PROMPT = {
    "bash": "PS1='ready''> '",
    "zsh": "PS1='ready''> '",
    "fish": "function fish_prompt; echo 'ready''> '; end",
}


def texts(line, begun=""):
    """The choices at the end of a line, which has been split at blanks."""
    return [choice.text for choice in choices(get_command(app), line.split(), begun)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a manifest, and a program that tells its arguments."""
    (tmp_path / "m.csv").write_text('path,defect type,"a:b",x=1\n1,2,3,4\n')
    (tmp_path / "other files").mkdir()
    program = tmp_path / "bin" / "brevetti-sample"
    program.parent.mkdir()
    program.write_text(
        f"""#!/bin/sh
case "$_BREVETTI_SAMPLE_COMPLETE $1" in
  complete_* | *--*-completion) exec {shlex.quote(sys.executable)} -m brevetti_sample "$@" ;;
esac
printf '\\nwas given'; printf ' <%s>' "$@"; echo ' end'
"""
    )
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(shell, folder, start, load, keys):
    """What the program is given by a line with tabs in it that is typed into a shell."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    parent, child = pty.openpty()
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    process = subprocess.Popen(
        ["setsid", "--ctty", *start],
        stdin=child,
        stdout=child,
        stderr=child,
        env=os.environ | {"PATH": path, "HOME": str(folder), "TERM": "dumb", "COLUMNS": "200"},
    )
    os.close(child)
    try:
        os.write(parent, f"{load}\n".encode())
        read_until(parent, "ready> ")
        os.write(parent, f"{keys}\n".encode())
        text = read_until(parent, " end")
    finally:
        process.kill()
        process.wait()
        os.close(parent)
    assert "rror" not in text, text
    # Some shells take away the slash after a folder.
    return text.rpartition("was given ")[2].removesuffix(" end").replace("/>", ">")


def read_until(parent, wanted, seconds=30):
    text, end = "", time.monotonic() + seconds
    while wanted not in text:
        ready, _, _ = select.select([parent], [], [], max(0, end - time.monotonic()))
        assert ready, f"no {wanted!r} in {text!r}"
        text += os.read(parent, 1 << 16).decode(errors="replace")
    return text[: text.index(wanted) + len(wanted)]


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("brevetti-sample exp\t", "<export-tfrecord>"),
        ("brevetti-sample plan --weighti\tcount", "<plan> <--weighting> <count>"),
        ("brevetti-sample stats -w sq\t", "<stats> <-w> <square root>"),
        ("brevetti-sample stats -w 'sq\t", "<stats> <-w> <square root>"),
        ("brevetti-sample stats --weighting=sq\t", "<stats> <--weighting=square root>"),
        ("brevetti-sample stats -w pow\t", "<stats> <-w> <power:0.5>"),
        ("brevetti-sample stats m.csv -g def\t", "<stats> <m.csv> <-g> <defect type>"),
        ("brevetti-sample stats m.csv -g a\t", "<stats> <m.csv> <-g> <a:b>"),
        ("brevetti-sample stats m.csv -g a:\t", "<stats> <m.csv> <-g> <a:b>"),
        ("brevetti-sample plan m.csv -c path,def\t", "<plan> <m.csv> <-c> <path,defect type>"),
        ("brevetti-sample stats -g fol\t", "<stats> <-g> <folder>"),
        ("brevetti-sample stats m\t", "<stats> <m.csv>"),
        ("brevetti-sample verify oth\t", "<verify> <other files>"),
    ],
)
def test_a_tab_completes_in_a_shell(shell, folder, keys, expected):
    load = f"brevetti-sample --show-completion > script; {LOAD[shell]}; {PROMPT[shell]}"
    assert typed(shell, folder, START[shell], load, keys) == expected


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_a_tab_completes_in_a_shell_for_which_it_was_installed(shell, folder):
    # The quotes tell what is printed from what is typed.
    install = "brevetti-sample --install-completion; echo was 'g'iven that 'e'nd"
    assert typed(shell, folder, [shell, "-i"], PROMPT[shell], install) == "that"
    keys = "brevetti-sample stats -w sq\t"
    assert typed(shell, folder, [shell, "-i"], PROMPT[shell], keys) == "<stats> <-w> <square root>"


@pytest.mark.parametrize(
    ("line", "begun", "expected"),
    [
        ("", "", list(COMMANDS)),
        ("", "--v", ["--version"]),
        ("-q", "st", ["stats"]),
        ("plann", "", []),
        ("plan", "", []),
        ("plan", "--bat", ["--batch-size", "--batches"]),
        ("plan -b 3", "--bat", ["--batches"]),
        ("plan -g a", "--gr", ["--groupby"]),
        ("plan", "--no", ["--no-shuffle"]),
        ("plan", "--he", ["--help"]),
        ("plan --", "--bat", []),
        ("plan -b", "", []),
        ("plan --output", "", []),
        ("plan --stream", "", ["stratified", "brevettiai"]),
        ("plan", "--stream=b", ["--stream=brevettiai"]),
        ("plan", "--nothing=", []),
        ("plan --repeat", "", ["endless"]),
        ("plan --start", "", []),
        ("export-tfrecord --label-offset", "", ["0", "1"]),
        ("plan --format", "", ["table", "csv", "jsonl", "parquet"]),
        ("stats --format", "m", ["markdown"]),
        ("config --format", "", ["table", "csv", "jsonl"]),
        ("export-tfrecord --on-error", "", ["fail", "skip"]),
        ("export-tfrecord --compression", "g", ["gzip"]),
        ("stats -w", "", ["uniform", "count", "square root", "log", "logx+1", "power:0.5"]),
        ("stats -g", "c", ["category"]),
        ("stats -qg", "f", ["folder"]),
        ("stats m.csv -g", "", ["path", "defect type", "a:b", "x=1"]),
        (
            "stats -g",
            "",
            [
                "category",
                "folder",
                "path",
                "etag",
                "bucket",
                "dataset",
                "dataset_id",
                "url",
                "purpose",
            ],
        ),
        ("plan m.csv -c", "path,", ["path,defect type", "path,a:b", "path,x=1"]),
        ("export-tfrecord m.csv --image-column", "p", ["path"]),
        ("export-tfrecord m.csv -n 3 --label-column", "d", ["defect type"]),
        ("export-tfrecord -j2 m.csv --label-column", "d", ["defect type"]),
        ("stats - -g", "", None),
        ("stats no.csv -g", "", None),
        ("stats bin -g", "", None),
    ],
)
def test_what_can_stand_at_the_cursor(folder, line, begun, expected):
    if expected is None:  # the shells answer with nothing
        with pytest.raises(ManifestError):
            texts(line, begun)
    else:
        assert texts(line, begun) == expected


def test_columns_come_from_the_configured_manifest_wherever_it_is(folder, monkeypatch):
    (folder / "brevetti-sample.toml").write_text('manifest = ["m.csv"]\n')
    monkeypatch.chdir(folder / "other files")
    assert texts("stats -g") == ["path", "defect type", "a:b", "x=1"]
    parquet = LISTING.with_suffix(".parquet")
    monkeypatch.setenv("BREVETTI_SAMPLE_MANIFEST", str(parquet))
    assert texts("stats -g", "f") == ["folder"]
    assert texts(f"stats {parquet.parent}/*.parquet -g", "f") == ["folder"]


def test_the_values_of_completion_are_those_that_there_are():
    options = {option.field: option for option in options_of(Sampling)}
    assert options["stream"].choices == STREAMS
    for rule in options["weighting"].choices:
        assert weighting.parse_rule(rule)


@pytest.mark.parametrize("shell", SHELLS)
def test_nothing_goes_wrong_whatever_is_asked(run, folder, monkeypatch, shell):
    monkeypatch.setenv("_BREVETTI_SAMPLE_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    (folder / "brevetti-sample.toml").write_text("broken")
    (folder / "damaged.parquet").write_bytes(b"PAR1 no more")
    os.mkfifo(folder / "fifo")
    for line in (
        *(
            "stats -g ",
            "stats damaged.parquet -g ",
            "stats fifo -g ",
            "stats 'm.c -g ",
            "plann -g ",
        ),
        *("stats --groupby=", "stats --= ", "stats -=", "stats ::: -g "),
    ):
        whole = f"brevetti-sample {line}"
        words = whole.split(" ")
        monkeypatch.setenv("_TYPER_COMPLETE_ARGS", whole)
        monkeypatch.setenv("COMP_WORDS", "\n".join(words))
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        result = run()
        assert result.err == ""
        assert result.text.strip() in ("", "_files"), line
    for name in ("COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS"):
        monkeypatch.delenv(name)
    assert (run().text, run().err) == ("\n", "")


def test_the_script_of_a_shell_that_is_named_is_shown(run):
    for shell, line in (
        ("bash", "complete -o default -F _brevetti_sample_completion brevetti-sample"),
        ("zsh", "#compdef brevetti-sample"),
        ("fish", "complete --command brevetti-sample --no-files"),
    ):
        result = run("--show-completion", shell)
        assert (result.code, result.err) == (0, "")
        assert line in result.text
        assert run("--show-completion=" + shell) == result


def test_completion_is_installed_for_the_shell_that_is_named(run, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    result = run("--install-completion", "fish")
    script = folder / ".config" / "fish" / "completions" / "brevetti-sample.fish"
    assert (result.code, result.err, result.text) == (
        0,
        "",
        f"fish completion installed in {script}\nIt works from the next session on\n",
    )
    assert script.read_text() == run("--show-completion", "fish").text


@pytest.mark.parametrize(
    ("shell", "startup", "lines"),
    [
        ("bash", ".bashrc", ["source '{home}/.bash_completions/brevetti-sample.sh'"]),
        (
            "zsh",
            ".zshrc",
            [
                "fpath+=~/.zfunc; autoload -Uz compinit; compinit",
                "zstyle ':completion:*' menu select",
            ],
        ),
    ],
)
def test_what_a_shell_reads_at_its_start_is_kept_and_gets_each_line_once(
    run, tmp_path, monkeypatch, shell, startup, lines
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / startup).write_text("alias ll='ls -l'")
    expected = ["alias ll='ls -l'", *(line.format(home=tmp_path) for line in lines)]
    for _ in range(2):
        assert run("--install-completion", shell).code == 0
        assert (tmp_path / startup).read_text().splitlines() == expected


def test_a_shell_that_cannot_be_found_out_is_to_be_named(run, monkeypatch):
    def unknown():
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", unknown)
    for option in ("--install-completion", "--show-completion"):
        result = run(option)
        assert (result.code, result.err) == (
            2,
            "error: the shell is unknown; name it after the option: 'bash', 'zsh', 'fish'\n",
        )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--show-completion", "zhs"], 2, "no completion for the shell 'zhs'; did you mean 'zsh'?"),
        (
            ["--install-completion=tcl"],
            2,
            "no completion for the shell 'tcl'; use 'bash', 'zsh', 'fish'",
        ),
        (
            ["--show-completion", "bash", "zsh"],
            2,
            "no completion for the shell 'bash zsh'; did you mean 'bash'?",
        ),
        (["--show-completion="], 2, "option '--show-completion' does not take a value"),
        (
            ["--install-completion", "zsh"],
            5,
            "cannot install completion for zsh: File exists: 'file'",
        ),
    ],
)
def test_a_shell_without_completion_is_told(run, folder, monkeypatch, words, code, message):
    (folder / "file").touch()
    monkeypatch.setenv("HOME", "file")
    result = run(*words)
    assert (result.code, result.err, result.out) == (code, f"error: {message}\n", b"")


def test_help_goes_along_with_choices_in_the_shells_that_show_it(run, monkeypatch):
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "brevetti-sample plan --he")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_BREVETTI_SAMPLE_COMPLETE", "complete_fish")
    assert run().text == "--help\tShow this message and exit\n"
    monkeypatch.setenv("_BREVETTI_SAMPLE_COMPLETE", "complete_zsh")
    assert run().text == (
        " local -a choices; choices=('--help:Show this message and exit'); _describe -V '' choices\n"
    )
