"""Interrupt every command at random moments, and look at how it ends and what it leaves.

    python tests/support/interrupts.py [--moments N] [--signal NAME] [--seed N] [NAME]...

sends Ctrl-C at N moments to every command, or to those whose name has NAME in it: half of them in the
first 400 ms, in which the program imports, the others up to a little past its end. It prints how the
runs ended. The test does so at a few moments.

A signal that comes before Python runs our first statements cannot be handled: Python then ends as it
always does. Such runs are counted as "early".
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "sample_manifests" / "digits"
IMPORTS_SECONDS = 0.4
WORDS = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "hung up",
}
_MARK = "TEST_OF_INTERRUPTS"


@dataclass(frozen=True)
class Case:
    """A command.

    Attributes:
        name: for people.
        arguments: of the program; files are below the folder that it runs in.
        files: the files that it writes in one piece.
        folder: the folder that it exports to.
        codes: what it exits with if it is left alone.
    """

    name: str
    arguments: str
    files: tuple[str, ...] = ()
    folder: str = ""
    codes: tuple[int, ...] = (0,)


_ROWS = "export-tfrecord rows.csv -g label --label-column label --shards 4 -o out"
_IMAGES = "export-tfrecord images.csv -g label --image-column path --shards 4 -o out"
CASES = (
    Case("plan", "plan rows.csv -g label -o o.csv --save-plan p.json", ("o.csv", "p.json")),
    Case("stats", "stats rows.csv -g label -o o.csv --report r.html", ("o.csv", "r.html")),
    Case("split", "split rows.csv -g label -o o.csv", ("o.csv",)),
    Case("report", "report images.csv -g label --image-column path -o r.html", ("r.html",)),
    Case("scan", "scan tree -o o.csv", ("o.csv",)),
    Case("config", "config"),
    Case("verify", "verify done --deep"),
    Case("export rows -j 1", f"{_ROWS} -j 1", folder="out"),
    Case("export rows -j 2", f"{_ROWS} -j 2", folder="out"),
    Case("export images -j 1", f"{_IMAGES} -j 1", folder="out"),
    Case("export images -j 2", f"{_IMAGES} -j 2", folder="out"),
    Case("help", "--help"),
)


def prepare(folder: Path, rows: int) -> None:
    """Make the inputs of all cases in a folder; reading the manifest takes a while."""
    with open(DIGITS / "manifest.csv", newline="") as stream:
        digits = list(csv.DictReader(stream))
    with open(folder / "rows.csv", "w", encoding="utf-8") as stream:
        stream.write("path,label,number\n")
        stream.writelines(f"images/{n}.png,{n * n % 7},{n * 0.37}\n" for n in range(rows))
    with open(folder / "images.csv", "w", encoding="utf-8") as stream:
        stream.write("path,label\n")
        for n in range(rows // 20):
            one = digits[n % len(digits)]
            stream.write(f"{DIGITS / one['path']},{one['label']}\n")
    for n in range(rows // 20):
        if n % 100 == 0:
            (folder / "tree" / str(n)).mkdir(parents=True)
        (folder / "tree" / str(n // 100 * 100) / f"{n}.png").touch()
    environment = os.environ | {"BREVETTI_SAMPLE_CONFIG": os.devnull}
    arguments = f"export-tfrecord rows.csv -g label -n {rows // 4} -o done -q"
    subprocess.run(program(arguments), cwd=folder, check=True, env=environment)


def program(arguments: str) -> list[str]:
    script = Path(sys.executable).with_name("brevetti-sample")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "brevetti_sample"]
    return [*start, *arguments.split()]


@dataclass
class Tally:
    """How runs of one command ended, the longest time that one took, and what was wrong."""

    ends: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    problems: list[str] = field(default_factory=list)


class Bench:
    """A folder with the inputs, in which commands are interrupted.

    Args:
        folder: an empty one.
        rows: of the manifest.
        patience: the seconds in which a run must have ended.
    """

    def __init__(self, folder: Path, rows: int, patience: float) -> None:
        self.folder = folder.resolve()
        self._patience = patience
        prepare(self.folder, rows)
        self._right: dict[str, dict[str, bytes]] = {}
        self._seconds: dict[str, float] = {}

    def seconds(self, case: Case) -> float:
        """How long a run takes that is left alone."""
        if case.name not in self._seconds:
            begin = time.monotonic()
            process, text = self._start(case)
            code = process.wait(120)
            self._seconds[case.name] = time.monotonic() - begin
            assert code in case.codes, (case, text.read_text())
            self._right[case.name] = {
                name: (self.folder / name).read_bytes() for name in case.files
            }
            self._clean(case)
        return self._seconds[case.name]

    def moments(self, case: Case, count: int, draw: random.Random) -> list[float]:
        """Choose when to interrupt it."""
        late = max(IMPORTS_SECONDS, 1.1 * self.seconds(case))
        early = (count + 1) // 2
        return [
            *(draw.uniform(0, IMPORTS_SECONDS) for _ in range(early)),
            *(draw.uniform(0, late) for _ in range(count - early)),
        ]

    def check(self, case: Case, number: signal.Signals, moment: float, tally: Tally) -> None:
        """Run a command, send it a signal after some seconds, and look at it."""
        self.seconds(case)
        process, text = self._start(case)
        time.sleep(moment)
        over = process.poll() is not None
        begin = time.monotonic()
        if not over:
            os.killpg(process.pid, number)
        try:
            code = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        seconds = time.monotonic() - begin
        err = text.read_text()
        end = _end(code, err, number, case)
        tally.ends[end] += 1
        tally.slowest = max(tally.slowest, 0.0 if over else seconds)
        what = (
            f"{case.name} at {moment * 1000:.0f} ms: {end} in {seconds:.2f} s, code {code}: {err!r}"
        )
        if end == "wrong":
            tally.problems.append(what)
        if seconds > self._patience and end != "finished":
            tally.problems.append(f"slow: {what}")
        tally.problems += [f"{problem}: {what}" for problem in self._left(case, err, end)]
        self._clean(case)

    def _left(self, case: Case, err: str, end: str) -> list[str]:
        """What is wrong with what a run has left."""
        problems = []
        if orphans := self._living():
            problems.append(f"processes go on: {orphans}")
        parts = [path for path in self.folder.rglob(".*") if path.name.endswith(".part")]
        if parts:
            problems.append(f"temporary files are left: {parts}")
        there = [name for name in case.files if (self.folder / name).exists()]
        problems += [
            f"{name} is incomplete"
            for name in there
            if (self.folder / name).read_bytes() != self._right[case.name][name]
        ]
        if "nothing was written" in err and (
            there or (case.folder and any((self.folder / case.folder).rglob("*.tfrecord*")))
        ):
            problems.append("something was written")
        if end == "finished" and len(there) != len(case.files):
            problems.append("not all is written")
        if end == "interrupted":
            problems += [f"{name} is not told" for name in there if f"'{name}'" not in err]
        return problems

    def _living(self) -> list[str]:
        """The processes that a run has left; those that are about to end are waited for."""
        deadline = time.monotonic() + 1
        while (found := _marked(str(self.folder))) and time.monotonic() < deadline:
            time.sleep(0.01)
        for number in found:
            os.kill(int(number), signal.SIGKILL)
        return found

    def _start(self, case: Case) -> tuple[subprocess.Popen[bytes], Path]:
        text = self.folder.parent / f"{self.folder.name}.err"
        environment = os.environ | {
            "BREVETTI_SAMPLE_CONFIG": os.devnull,
            "COLUMNS": "160",
            _MARK: str(self.folder),
        }
        with open(text, "wb") as err:
            process = subprocess.Popen(
                program(case.arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=err,
                cwd=self.folder,
                env=environment,
                start_new_session=True,
            )
        return process, text

    def _clean(self, case: Case) -> None:
        for name in case.files:
            (self.folder / name).unlink(missing_ok=True)
        for path in self.folder.glob(".*"):
            path.unlink()
        if case.folder:
            shutil.rmtree(self.folder / case.folder, ignore_errors=True)


def _end(code: int, err: str, number: signal.Signals, case: Case) -> str:
    """How a run ended."""
    lines = [line for line in err.splitlines() if f"brevetti-sample: {WORDS[number]}: " in line]
    if code in case.codes and not lines:
        return "finished"
    if code == 128 + number and len(lines) == 1 and _is_last(lines[0], err):
        return "interrupted"
    ours = "in run\n" in err and "in run\n    def run" not in err  # before its first statement
    if code in (-number, 1) and not lines and not ours:  # Python's own
        return "early" if err == "" or err.rstrip().endswith("KeyboardInterrupt") else "wrong"
    return "wrong"


def _is_last(line: str, err: str) -> bool:
    """Whether a line is the last one, and all before it are notices of the program."""
    notices = [one.lstrip("\r\x1b[K") for one in err.splitlines()]
    return err.endswith(f"{line}\n") and all(n.startswith("brevetti-sample: ") for n in notices)


def _marked(mark: str) -> list[str]:
    """The processes with a mark in their environment."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"{_MARK}={mark}\0".encode() in Path("/proc", number, "environ").read_bytes():
                found.append(number)
        except OSError:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--signal", default="SIGINT")
    parser.add_argument("--patience", type=float, default=1.0)
    options = parser.parse_args()
    number = signal.Signals[options.signal]
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        (folder := Path(work, "in")).mkdir()
        bench = Bench(folder, options.rows, options.patience)
        for case in CASES:
            if options.names and not any(name in case.name for name in options.names):
                continue
            draw = random.Random(f"{options.seed} {case.name}")
            tally = Tally()
            for moment in bench.moments(case, options.moments, draw):
                bench.check(case, number, moment, tally)
            ends = ", ".join(f"{count} {end}" for end, count in sorted(tally.ends.items()))
            print(
                f"{case.name}, {bench.seconds(case):.2f} s: {ends}; slowest {tally.slowest:.2f} s",
                flush=True,
            )
            for problem in tally.problems:
                print("FAILED", problem, flush=True)
            failures += len(tally.problems)
    print(f"{failures} failures")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
