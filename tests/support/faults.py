"""Fail the n-th call on an input or output of a command, and look at what is left.

    python tests/support/faults.py [NAME]...

fails it at n = 1, 2, 3, ... until a run ends unharmed, for every kind of call on every file of every
command, or of those whose name has NAME in it, and prints the places and what went wrong. The test
does so for some n. It needs strace, which makes the calls fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "sample_manifests" / "digits"
CODES = {0, 2, 3, 4, 5, 6, 7, 141}
"""What a run may exit with; neither with a bug, nor by a signal."""

_ALL = "%file,%desc"
_OPENS = "openat"
_READS = "read,pread64,readv,preadv"
_WRITES = "write,writev,pwrite64"
_CHANGES = f"{_WRITES},fsync,rename,unlink"
READS = (
    (_ALL, "EIO"),
    (_OPENS, "EMFILE"),
    (_OPENS, "ENOENT"),
    (_READS, "ENOMEM"),
    (_READS, "EINTR"),
)
"""Calls on inputs, and how they fail."""
WRITES = (
    *((_ALL, "EIO"), (_OPENS, "EMFILE"), (_OPENS, "EACCES")),
    *((_WRITES, "ENOSPC"), (_WRITES, "EDQUOT"), (_WRITES, "EINTR"), (_CHANGES, "SIGKILL")),
)
"""Calls on outputs."""
STREAM = ((_ALL, "EIO"), (_WRITES, "ENOSPC"))
"""Calls on standard output and standard error."""


@dataclass(frozen=True)
class Case:
    """A command with its files.

    Attributes:
        name: for people.
        arguments: of the program; files are below the folder that it runs in.
        inputs: the files and folders that it reads.
        outputs: the final paths that it writes.
        stdin: the file that is its standard input, if one is.
    """

    name: str
    arguments: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    stdin: str = ""


_EXPORT = "--image-column path --label-column label -g label --shards 2 -n 24 -o out"
CASES = (
    Case(
        "plan csv",
        "plan m.csv -g label --save-plan p.json -o o.csv",
        ("m.csv",),
        ("p.json", "o.csv"),
    ),
    Case("plan parquet", "plan m.parquet -g label -o o.parquet", ("m.parquet",), ("o.parquet",)),
    Case("plan gzip", "plan m.csv.gz -n 40 -o o.jsonl", ("m.csv.gz",), ("o.jsonl",)),
    Case("plan of a plan", "plan m.csv --plan plan.json -c index", ("m.csv", "plan.json")),
    Case(
        "stats",
        "stats m.csv -g label --weights w.csv --report r.html",
        ("m.csv", "w.csv"),
        ("r.html",),
    ),
    Case(
        "stats of a folder", "stats several -g label", ("several", "several/a.csv", "several/b.csv")
    ),
    Case("stats of standard input", "stats -g label", ("m.csv",), stdin="m.csv"),
    Case("stats configured", "stats --config-here", ("brevetti-sample.toml", "m.csv")),
    Case(
        "report",
        "report m.csv -g label --image-column path -o r.html",
        ("m.csv", "images/0/0000.png"),
        ("r.html",),
    ),
    Case("split", "split m.csv -g label --purpose-column part -o s.csv", ("m.csv",), ("s.csv",)),
    Case(
        "scan",
        "scan images --include 000* -o l.csv",
        ("images", "images/0", "images/0/0000.png"),
        ("l.csv",),
    ),
    Case(
        "export by one",
        f"export-tfrecord m.csv {_EXPORT} -j 1",
        ("m.csv", "images/0/0000.png"),
        ("out",),
    ),
    Case(
        "export by two", f"export-tfrecord m.csv {_EXPORT} -j 2", ("images/0/0000.png",), ("out",)
    ),
    Case(
        "export of a plan",
        "export-tfrecord m.csv --plan plan.json -n 24 -o out --compression gzip",
        ("m.csv", "plan.json"),
        ("out",),
    ),
    Case("export to a stream", "export-tfrecord m.csv -n 24 -o -", ("m.csv",)),
    Case(
        "export again",
        f"export-tfrecord m.csv {_EXPORT.replace('out', 'done')} -j 1",
        ("done", "done/export.json"),
    ),
    Case(
        "verify",
        "verify done --deep",
        ("done", "done/export.json", "done/features.json", "done/SHARD"),
    ),
    Case("config", "config", ("brevetti-sample.toml",)),
)
_SHARD = "samples-train.tfrecord-00000-of-00002"


def program(arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "brevetti_sample", *arguments.split()]


def prepare(folder: Path) -> None:
    """Make the inputs of all cases in a folder."""
    shutil.copy(DIGITS / "manifest.csv", folder / "m.csv")
    shutil.copytree(DIGITS / "images", folder / "images")
    (folder / "several").mkdir()
    lines = (folder / "m.csv").read_text().splitlines(keepends=True)
    (folder / "several" / "a.csv").write_text("".join(lines[:100]))
    (folder / "several" / "b.csv").write_text("".join([lines[0], *lines[100:]]))
    import gzip

    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    (folder / "m.csv.gz").write_bytes(gzip.compress((folder / "m.csv").read_bytes(), mtime=0))
    pq.write_table(pa_csv.read_csv(folder / "m.csv"), folder / "m.parquet")
    (folder / "w.csv").write_text("label,weight\n" + "".join(f"{n},{n + 1}\n" for n in range(10)))
    (folder / "brevetti-sample.toml").write_text('manifest = "m.csv"\ngroupby = "label"\n')
    for arguments in (
        "plan m.csv -g label -n 40 --save-plan plan.json -o o.csv",
        f"export-tfrecord m.csv {_EXPORT.replace('out', 'done')}",
    ):
        environment = os.environ | {"BREVETTI_SAMPLE_CONFIG": os.devnull}
        subprocess.run(program(arguments), cwd=folder, check=True, env=environment)
    (folder / "o.csv").unlink()


class Bench:
    """A folder with the inputs, in which commands are run with calls that fail.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        prepare(self.folder)
        self._inputs = self._tree()
        self._right: dict[str, tuple[bytes, dict[str, bytes]]] = {}

    def places(self, case: Case) -> Iterator[tuple[str, str, str, str]]:
        """Yield (what it is of, the path, the calls, how they fail)."""
        for path in case.inputs:
            file = str(self.folder / path.replace("SHARD", _SHARD))
            yield from (("input", file, *how) for how in READS)
        for path in case.outputs:
            file = str(self.folder / path)
            yield from (("output", file, *how) for how in WRITES)
        for stream in ("stdout", "stderr"):
            file = str(self.folder / f".{stream}")
            yield from ((stream, file, *how) for how in STREAM)

    def right(self, case: Case) -> tuple[bytes, dict[str, bytes]]:
        """What an unharmed run gives: standard output, and the files."""
        if case.name not in self._right:
            code, out, err = self._run(case)
            assert code == 0, (case, err)
            self._right[case.name] = out, self._clean()
        return self._right[case.name]

    def check(self, case: Case, kind: str, path: str, calls: str, error: str, n: int) -> bool:
        """Fail the n-th of some calls on a file; then run unharmed, and compare.

        Returns:
            Whether there was such a call.
        """
        out, files = self.right(case)
        what = (case.name, kind, path, calls, error, n)
        action = "signal=SIGKILL" if error == "SIGKILL" else f"error={error}"
        log = self.folder.parent / f"{self.folder.name}.log"
        watched = [path, *_parts(path)] if kind == "output" else [path]
        strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", str(log), "-e", f"trace={calls}"]
        watched += [os.path.relpath(one, self.folder) for one in watched]
        strace += [word for one in watched for word in ("-P", one)]
        strace += ["-e", f"inject={calls}:{action}:when={n}"]
        code, harmed, err = self._run(case, strace)
        err = "".join(line for line in err.splitlines(True) if not line.startswith("strace: "))
        happened = "(INJECTED)" in log.read_text() or (error == "SIGKILL" and code == -9)
        left = self._tree(self._inputs)
        assert code in CODES or (error == "SIGKILL" and code == -9), (*what, code, err)
        assert "Traceback" not in err and "bug" not in err, (*what, code, err)
        assert len([line for line in err.splitlines() if line.startswith("error: ")]) <= 1, what
        assert code == 0 or len(err.splitlines()) <= 3 or case.name == "split", (*what, err)
        for name, data in left.items():
            if not os.path.basename(name).startswith("."):
                assert data == files.get(name), (*what, code, name, "is incomplete")
        if code == 0 and kind != "stdout":
            assert {n: d for n, d in left.items() if "/." not in f"/{n}"} == files, (
                *what,
                "not all",
            )
            assert harmed == out, (*what, "not all")
        if code == 0 or not left:  # as before, so the same would be done again
            self._clean()
            return happened
        code, again, err = self._run(case)
        assert (code, again) == (0, out), (*what, "again", code, err)
        assert self._clean() == files, (*what, "again")
        return happened

    def _run(self, case: Case, before: list[str] | None = None) -> tuple[int, bytes, str]:
        configured = case.name == "stats configured" or case.name == "config"
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "160"}
        if not configured:
            environment["BREVETTI_SAMPLE_CONFIG"] = os.devnull
        streams = [self.folder / name for name in (".stdout", ".stderr")]
        source = self.folder / case.stdin if case.stdin else os.devnull
        with (
            open(source, "rb") as stdin,
            open(streams[0], "wb") as out,
            open(streams[1], "wb") as err,
        ):
            done = subprocess.run(
                [*(before or ()), *program(case.arguments.removesuffix("--config-here"))],
                stdin=stdin,
                stdout=out,
                stderr=err,
                cwd=self.folder,
                env=environment,
                check=False,
            )
        texts = [path.read_bytes() for path in streams]
        for path in streams:
            path.unlink()
        return done.returncode, texts[0], texts[1].decode()

    def _tree(self, but: dict[str, bytes] | None = None) -> dict[str, bytes]:
        return {
            name: path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and (name := str(path.relative_to(self.folder))) not in (but or {})
        }

    def _clean(self) -> dict[str, bytes]:
        """Remove what a run wrote; what that was."""
        there = self._tree()
        assert {name: there.get(name) for name in self._inputs} == self._inputs, "an input changed"
        written = {name: data for name, data in there.items() if name not in self._inputs}
        for name in written:
            (self.folder / name).unlink()
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        return written


def _parts(path: str) -> list[str]:
    """Other paths that the program writes for an output: the folder, and temporary files."""
    folder, name = os.path.split(path)
    start = os.path.join(folder, f".{name}.brevetti-sample-")
    files = [".brevetti-sample.progress", "export.json", "dataset_info.json", _SHARD]
    above = [folder] if "." in name else []  # a process that starts looks at that too
    return [
        *above,
        *(f"{start}{n}.part" for n in range(2)),
        *(os.path.join(path, f) for f in files),
    ]


def main(names: list[str]) -> int:
    counts: Counter[str] = Counter()
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        (folder := Path(work, "in")).mkdir()
        bench = Bench(folder)
        for case in CASES:
            if names and not any(name in case.name for name in names):
                continue
            for kind, path, calls, error in bench.places(case):
                n, happened = 0, True
                while happened:
                    n += 1
                    try:
                        happened = bench.check(case, kind, path, calls, error, n)
                    except AssertionError as problem:
                        failures += 1
                        print("FAILED", problem, flush=True)
                        bench._clean()
                        if n > 60:
                            break
                    counts[case.name] += happened
            print(f"{case.name}: {counts[case.name]} places", flush=True)
    print(f"{counts.total()} places, {failures} failures")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
