"""Standard error that is full, closed or read by nobody: it changes neither exit codes nor outputs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from support.program import ROOT

DIGITS = ROOT / "sample_manifests" / "digits"
STREAMS = {
    "full": "2>/dev/full",
    "closed": "2>&-",
    "unread": "2> >(exec sleep 0; exit)",
    "read only": "2</dev/null",
    "no input": "2>/dev/full <&-",
}
_EXPORT = "export-tfrecord m.csv --image-column path --label-column label -g label -n 24 --shards 2"
COMMANDS = {
    "plan": ("plan m.csv -g label --save-plan p.json -o o.csv", 0),
    "plan to a stream": ("plan m.csv -g label -n 5", 0),
    "stats": ("stats m.csv -g label -w uniform", 0),
    "report": ("report m.csv -g label --image-column path -o r.html", 0),
    "split": ("split m.csv -g label --shares train=1,test=2,devel=4 -o s.csv", 0),
    "scan": ("scan images --include '*/000*' -o l.csv", 0),
    "export": (f"{_EXPORT} -o out -j 1", 0),
    "export by two": (f"{_EXPORT} -o out -j 2", 0),
    "export to a stream": ("export-tfrecord m.csv -n 4 -o -", 0),
    "dry run": (f"{_EXPORT} -o out --dry-run", 0),
    "verify": ("verify done --deep", 0),
    "config": ("config", 0),
    "version": ("--version", 0),
    "help": ("plan --help", 0),
    "no such option": ("plan --grupby label", 2),
    "no such column": ("stats m.csv -g lable", 2),
    "no such manifest": ("plan n.csv", 3),
    "a damaged manifest": ("split broken.csv", 3),
    "a sample that is none": ("export-tfrecord bad.csv --image-column path -o out", 4),
    "skipped samples": ("export-tfrecord bad.csv --image-column path --on-error skip -o out", 6),
    "no such folder": ("scan nothing -o l.csv", 4),
    "an output that fails": ("plan m.csv -o /dev/full", 2),
    "standard output that fails": ("plan m.csv >/dev/full", 5),
    "damage": ("verify damaged", 7),
    "a bad configuration": ("plan m.csv --config-here", 2),
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    shutil.copy(DIGITS / "manifest.csv", folder / "m.csv")
    shutil.copytree(DIGITS / "images", folder / "images")
    (folder / "broken.csv").write_text("a,b\n1\n")
    (folder / "bad.csv").write_text("path\nimages/0/0000.png\nm.csv\n")
    for name in ("done", "damaged"):
        assert run(folder, f"{_EXPORT} -o {name}")[0] == 0
    (folder / "damaged" / "features.json").unlink()
    (folder / "wrong.toml").write_text("batch_size = 0\n")
    return folder


def run(folder, line, streams="2>/dev/null"):
    """Run a line of bash; the exit code, standard output, and the files there are then."""
    config = folder / "wrong.toml" if "--config-here" in line else os.devnull
    done = subprocess.run(
        [
            *("bash", "-c"),
            f"{sys.executable} -m brevetti_sample {line.replace('--config-here', '')} {streams}",
        ],
        cwd=folder,
        env=os.environ | {"BREVETTI_SAMPLE_CONFIG": str(config)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.parent.name != "images"
    }
    return done.returncode, done.stdout, files


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_neither_the_exit_code_nor_an_output_depends_on_standard_error(inputs, tmp_path, command):
    line, code = COMMANDS[command]
    results = {}
    for name in ("usual", *STREAMS):
        folder = tmp_path / name
        shutil.copytree(inputs, folder)
        results[name] = run(folder, line, STREAMS.get(name, "2>/dev/null"))
    assert results["usual"][0] == code
    for name in STREAMS:
        assert results[name] == results["usual"], name
