"""`export-tfrecord` and `verify` as programs: outputs, errors, signals."""

from __future__ import annotations

import errno
import io
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time

import pytest

from brevetti_sample.tfrecord.format.reader import records_of
from brevetti_sample.tfrecord.writing.folder import locked
from support.exports import DIGIT_OPTIONS, DIGITS, contents, manifest_of, picture

PROGRAM = [sys.executable, "-m", "brevetti_sample"]


def test_the_digits_are_exported_and_verified(run, tmp_path):
    out = tmp_path / "out"
    result = run("export-tfrecord", DIGITS, "-o", out, *DIGIT_OPTIONS)
    assert (result.code, result.text) == (0, "")
    assert result.err.startswith("brevetti-sample: 300 records, ")
    assert result.err.endswith(f" bytes in 4 shards: {out}\n")
    for options in ([], ["--deep"]):
        result = run("verify", out, *options)
        assert (result.code, result.text) == (0, "")
        assert result.err.startswith(f"brevetti-sample: {out} is fine: 300 records, ")
    again = run("export-tfrecord", DIGITS, "-o", out, *DIGIT_OPTIONS)
    assert "in 4 shards, 4 of them from before: " in again.err


def test_without_options_the_bundled_listing_goes_to_the_folder_tfrecord(
    run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = run("export-tfrecord")
    assert result.code == 0
    assert "180 records" in result.err
    assert "samples-train.tfrecord-00000-of-00001" in contents(tmp_path / "tfrecord")


def test_a_dry_run_lists_the_shards_and_writes_nothing(run, tmp_path):
    result = run("export-tfrecord", DIGITS, "-o", tmp_path / "out", *DIGIT_OPTIONS, "--dry-run")
    header, *lines = result.lines
    assert header == "file,draws,about_bytes"
    assert [line.split(",")[:2] for line in lines] == [
        [f"samples-train.tfrecord-0000{number}-of-00004", "75"] for number in range(4)
    ]
    assert not (tmp_path / "out").exists()


def test_a_dry_run_of_a_replay_makes_only_its_first_draws(run, tmp_path):
    replay = ("--stream", "brevettiai", "-n", "2147483828")
    began = time.monotonic()
    result = run("export-tfrecord", "-g", "folder", *replay, "-o", tmp_path / "out", "--dry-run")
    assert time.monotonic() - began < 10
    assert sum(int(line.split(",")[1]) for line in result.lines[1:]) == 2147483828


def test_a_dry_run_is_refused_as_the_run_would_be_and_changes_nothing(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("export-tfrecord", DIGITS, "-q", "-o", "other")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "features.json").touch()
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to("nothing")
    refused = "'{}' cannot be written to: it is not a folder; choose another --output"
    advice = "; choose another --output, or pass --overwrite"
    for output, message in (
        ("other", f"'other' holds another export, of another plan, manifest or options{advice}"),
        (
            "taken",
            "'taken' has 'features.json' already, but no export.json that shows who wrote "
            f"them{advice}",
        ),
        ("file", refused.format("file")),
        ("file/in", refused.format("file/in")),
        ("nowhere", refused.format("nowhere")),
        ("", "'' cannot be written to: No such file or directory; choose another --output"),
    ):
        before = tree(tmp_path)
        command = ["export-tfrecord", DIGITS, "-q", "--seed", 5, "-o", output]
        result = run(*command, "--dry-run")
        assert (result.code, result.out, result.err) == (5, b"", f"error: {message}\n")
        assert tree(tmp_path) == before
        result = run(*command)
        assert (result.code, result.err) == (5, f"error: {message}\n")
    before = tree(tmp_path)
    for output in ("other", "taken", "new/deep"):
        result = run(*command[:-1], output, "--overwrite", "--dry-run")
        assert (result.code, len(result.lines)) == (0, 2)
    assert run("export-tfrecord", DIGITS, "-q", "-o", "other", "--dry-run").code == 0
    assert tree(tmp_path) == before


def tree(folder):
    """All that is in a folder, and when it was changed."""
    return {path: path.lstat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


def test_a_dry_run_is_refused_while_another_run_writes(run, tmp_path):
    with locked(str(tmp_path)):
        result = run("export-tfrecord", DIGITS, "-q", "-o", tmp_path, "--dry-run")
    assert (result.code, result.err) == (
        5,
        f"error: '{tmp_path}' is being written by another export; wait for it, or choose "
        "another --output\n",
    )


def test_a_dry_run_is_refused_where_no_folder_can_be_made(run, tmp_path, monkeypatch):
    def made(path, exist_ok):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path))
    monkeypatch.setattr(os, "makedirs", made)
    result = run("export-tfrecord", DIGITS, "-q", "-o", tmp_path / "a" / "b", "--dry-run")
    assert (result.code, result.err) == (
        5,
        f"error: '{tmp_path}/a/b' cannot be written to: Permission denied; choose another "
        "--output\n",
    )


def test_standard_output_is_one_stream_of_records(run, tmp_path):
    stream = run("export-tfrecord", DIGITS, *DIGIT_OPTIONS[:6], "-n", 50, "-o", "-").out
    assert len(list(records_of(io.BytesIO(stream), "it", len(stream)))) == 50
    run("export-tfrecord", DIGITS, *DIGIT_OPTIONS[:6], "-n", 50, "-o", tmp_path, "--shards", 1)
    assert stream == contents(tmp_path)["samples-train.tfrecord-00000-of-00001"]


def test_a_plan_fixes_the_draws(run, tmp_path):
    plan = tmp_path / "plan.json"
    run("plan", DIGITS, "-g", "label", "--seed", 5, "-n", 40, "--save-plan", plan)
    run("export-tfrecord", DIGITS, "--plan", plan, "-o", tmp_path / "a")
    run("export-tfrecord", DIGITS, "-g", "label", "--seed", 5, "-n", 40, "-o", tmp_path / "b")
    shard = "samples-train.tfrecord-00000-of-00001"
    assert contents(tmp_path / "a")[shard] == contents(tmp_path / "b")[shard]


def test_columns_can_be_chosen_and_what_changes_is_said_once(run, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1.5], "b": [2.5], "c": ["t"]}), tmp_path / "m.parquet")
    result = run("export-tfrecord", tmp_path / "m.parquet", "-c", "a,b", "-o", tmp_path / "out")
    assert result.err.splitlines()[0] == (
        "brevetti-sample: 'a', 'b': double is written as a 32-bit float"
    )
    assert run("export-tfrecord", tmp_path / "m.parquet", "-q", "-o", tmp_path / "q").err == ""


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["--columns", "pth"], 2, "has no column 'pth'; did you mean 'path'?"),
        (["--image-column", "pth"], 2, "has no column 'pth'; did you mean 'path'?"),
        (["--label-column", "lable"], 2, "has no column 'lable'; did you mean 'label'?"),
        (["--name", "a b"], 2, "--name must be an identifier, not 'a b'"),
        (["--shards", "301"], 2, "--shards must be at most the 300 draws, not 301"),
        (
            ["--label-offset", "1", "--label-column", ""],
            2,
            "error: --label-offset needs --label-column, the column with the classes\n",
        ),
        (
            ["--shards", "2", "--shard-size", "1MB"],
            2,
            "--shards and --shard-size exclude each other",
        ),
        (
            ["--shard-size", "much"],
            2,
            "--shard-size 'much' is not a size; write it as 256MiB or 1GB",
        ),
        (["-o", "-", "--shards", "2"], 2, "standard output is one stream: leave out --shards"),
        (
            ["--image-column", "path", "--image-root", "/nowhere"],
            4,
            ": '/nowhere/images/",
        ),
        (["-o", "/dev/null"], 5, "'/dev/null' cannot be written to: it is not a folder"),
        (["-o", "/proc/x"], 5, "'/proc/x' cannot be written to: No such file or directory; "),
    ],
)
def test_errors_are_one_line_with_their_code(run, tmp_path, arguments, code, message, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("export-tfrecord", DIGITS, "-q", *arguments)
    assert result.code == code
    assert result.err.count("\n") == 1
    assert message in result.err
    assert (
        not [name for name in contents(tmp_path / "tfrecord") if name[0] != "."]
        if (tmp_path / "tfrecord").exists()
        else True
    )


def test_skipped_samples_are_listed_and_end_with_6(run, tmp_path):
    picture(tmp_path / "good.png")
    manifest = manifest_of(tmp_path / "m.parquet", ["good.png", "../up.png", "new\nline.png"])
    result = run(
        *("export-tfrecord", manifest, "--image-column", "path", "--on-error", "skip"),
        *("-o", tmp_path / "out"),
    )
    assert result.code == 6
    assert result.err.splitlines()[-1] == (
        f"error: 2 of 3 samples were skipped; they are listed in {tmp_path}/out/skipped.jsonl"
    )
    assert run("verify", tmp_path / "out", "--deep").code == 0
    picture(tmp_path / "new\nline.png")
    again = run(
        *("export-tfrecord", manifest, "--image-column", "path", "--on-error", "skip"),
        *("-o", tmp_path / "out"),
    )
    assert again.err.splitlines()[-2] == (
        "brevetti-sample: what was skipped before is not tried again; --overwrite does"
    )


def test_verify_names_each_damage_and_ends_with_7(run, tmp_path):
    run("export-tfrecord", DIGITS, "-o", tmp_path, "--shards", 3)
    first, second = (tmp_path / f"samples-train.tfrecord-0000{n}-of-00003" for n in range(2))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    result = run("verify", tmp_path)
    assert result.code == 7
    assert result.lines[0] == f"{first.name}: it is missing"
    assert result.lines[1].startswith(f"{second.name}: it has ")
    assert result.err.startswith(f"error: '{tmp_path}' is damaged: '{first.name}', '{second.name}'")
    assert run("verify", tmp_path / "nowhere").code == 2


def test_records_are_not_written_to_a_terminal(tmp_path):
    controller, terminal = pty.openpty()
    done = subprocess.run(
        [*PROGRAM, "export-tfrecord", str(DIGITS), "-o", "-"],
        stdout=terminal,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    os.close(terminal)
    os.close(controller)
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "error: TFRecords are not for a terminal; say where to write them with -o DIR\n"
    )


def test_a_closed_pipe_ends_silently():
    command = [*PROGRAM, "export-tfrecord", "-q", str(DIGITS), "-n", "1000000", "-o", "-"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    process.stdout.read(1)
    process.stdout.close()
    assert process.wait(20) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


def long_export(tmp_path, jobs, **options):
    """Start an export that takes long, and wait until a shard is finished."""
    command = [
        *(*PROGRAM, "export-tfrecord", str(DIGITS), *DIGIT_OPTIONS[:6], "-n", "2000000"),
        *("--shards", "400", "-j", str(jobs), "-o", str(tmp_path / "out")),
    ]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, **options
    )
    last = tmp_path / "out" / "samples-train.tfrecord-00001-of-00400"
    while not last.exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    return process


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_soon_and_says_what_is_kept(tmp_path, jobs, sent, code):
    process = long_export(tmp_path, jobs, start_new_session=True)
    start = time.monotonic()
    os.killpg(process.pid, sent) if sent == signal.SIGINT else process.send_signal(sent)
    _, text = process.communicate(timeout=20)
    assert time.monotonic() - start < 2
    assert process.returncode == code
    finished = sum("tfrecord-" in name for name in contents(tmp_path / "out"))
    told = re.search(
        r": (\d+) of 400 shards are finished and kept in .*out; the same command", text
    )
    # One may have got its name in the very moment of the signal.
    assert finished - 1 <= int(told[1]) <= finished
    assert "Traceback" not in text
    assert [n for n in contents(tmp_path / "out") if n[0] == "."] == [".brevetti-sample.progress"]


@pytest.mark.slow
def test_a_second_exporter_is_told_to_wait(tmp_path):
    process = long_export(tmp_path, 1)
    other = subprocess.run(
        [*PROGRAM, "export-tfrecord", "-q", "-o", str(tmp_path / "out")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert other.returncode == 5
    assert "is being written by another export; wait for it" in other.stderr


def test_a_disk_that_is_full_is_told_and_nothing_incomplete_is_left(tmp_path):
    done = subprocess.run(
        [*PROGRAM, "export-tfrecord", str(DIGITS), *DIGIT_OPTIONS, "-q", "-o", str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert done.returncode == 5
    assert done.stderr == (
        f"error: '{tmp_path}' cannot be written to: File too large; the finished shards stay, and "
        "the same export goes on after them\n"
    )
    assert contents(tmp_path) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_full_disk_and_a_read_only_mount_are_told(run, tmp_path):
    mounted = tmp_path / "disk"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(mounted)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        result = run("export-tfrecord", DIGITS, *DIGIT_OPTIONS, "-q", "-o", mounted / "out")
        assert (result.code, result.err.count("\n")) == (5, 1)
        assert "No space left on device; the finished shards stay" in result.err
        subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
        for place in ("out", "new"):
            result = run("export-tfrecord", DIGITS, *DIGIT_OPTIONS, "-q", "-o", mounted / place)
            assert (result.code, result.err.count("\n")) == (5, 1)
            assert "Read-only file system" in result.err
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def test_progress_is_a_plain_line_every_few_seconds_without_a_terminal(capfd, monkeypatch):
    from brevetti_sample.cli.screen import console, progress
    from brevetti_sample.tfrecord.export.export import Progress

    console.be_quiet(False)
    now = iter([0.0, 1.0, 6.0, 7.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    line = progress.ProgressLine()
    for draws in (0, 600, 700):
        line.show(Progress(draws, 1200, draws * 1024, draws // 400, 3, 0))
    line.clear()
    assert capfd.readouterr().err == (
        "brevetti-sample: 600 of 1,200 samples, 600.0 KiB, shard 2 of 3, 100 samples/s, 0:06 left\n"
    )


def test_on_a_terminal_progress_is_one_line_that_is_cleared(tmp_path):
    controller, terminal = pty.openpty()
    command = [*PROGRAM, "export-tfrecord", str(DIGITS), "-n", "200000", "--shards", "20"]
    subprocess.run(
        [*command, "-o", str(tmp_path)], stderr=terminal, stdin=subprocess.DEVNULL, check=True
    )
    os.close(terminal)
    text = b""
    try:
        while part := os.read(controller, 1 << 16):
            text += part
    except OSError:
        pass
    os.close(controller)
    shown = text.decode().split("\r\x1b[K")
    assert any(" of 200,000 samples, " in part for part in shown)
    assert shown[-1].startswith("brevetti-sample: 200,000 records, ")
