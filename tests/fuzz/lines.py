"""Command lines as inputs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

from .mutations import NUMBERS, TEXTS
from .running import BOTTLES, ROOT, Target, call

_COMMANDS = ["plan", "stats", "split", "scan", "export-tfrecord", "verify", "config", "report"]
_OPTIONS = shlex.split(
    "-g --groupby -w --weighting --weights --seed --stream --shuffle --no-shuffle --repeat -b "
    "--batch-size --plan -n --draws --batches --epochs --start --shard -c --columns --save-plan -o "
    "--output --format --report -q --debug -h --help --shares --unique --unique-regex --path-column "
    "--purpose-column --reassign --only --include --exclude --hidden --on-error --etag --absolute "
    "--image-column --image-root --label-column --label-offset --max-pixels --sha256 --no-sha256 "
    "--shards --shard-size --name --split --compression --overwrite --dry-run --deep --version "
    "--install-completion=x --show-completion=x --nonsense -x --folds --min-per-group --labels "
    "--split-column --train --spreadsheet-safe --no-etag -V -j --jobs -- -qg -o- -n=3 --see --shard="
)
_VALUES = [
    *shlex.split(
        "folder path label nothing category purpose m.csv n.csv x.csv d.csv d.parquet d.jsonl d.md "
        "p.json o e e/export.json sub sub/a.png pipe . .. - '' ' ' uniform count 'square root' log "
        "power:0.5 power:1e400 power:nan power:1/3 power: logx+1 good=1 good=-1 good=1e999 =1 "
        "good=1e-300,bad_cap=1e300,missing_cap=1 bad_cap=0 w.csv stratified endless 0/4 4/4 1/0 "
        "-1/2 ٣/٤ ²/3 0 1 2 5 -5 1.5 1e9 nan inf table csv jsonl parquet markdown none gzip fail skip "
        "10MB 0B 1e9GB 1B 1KiB nanGB ٣MB good,bad a,a train=0.8,test=0.2 train=20rows,test=rest "
        "train=1e999rows,test=rest train=nan train=1,train=2 train=1e-320,test=1 a=1/3 a=rest "
        "a=1rows s3:// s3://b/x http://127.0.0.1:9/x file:///x gs:// '*.png' '**' '[' '(' '(a+)+$' "
        r"'(?P<a>' '\\' '\d+' '(?i)x' a=b=c -- @x ~ 'a,b' ,, 2/3 é %s {} $x ./d.csv nul /dev/null "
        "/dev/full /dev/stdin /dev/fd/0 /proc/self/mem sub/ nothing/x.csv m.csv/x"
    ),
    *(text for text in TEXTS[:-1] if "\0" not in text),
    *("\udcff", "a\udcff.csv", "9" * 5000, f"{'9' * 5000}/1", f"1/{'9' * 5000}", "1" * 70_000),
    *(f"power:{'9' * 5000}", f"good={'9' * 5000}", f"a={'9' * 5000}rows", f"{'9' * 5000}MB"),
    *("[" * 5000, "(" * 5000, "*" * 5000, "a" * 300 + ".csv", "\x1b[31m", "a\nb"),
    *map(str, NUMBERS),
]
_FOLDER = "line"


def _prepare_lines():
    Path("start").mkdir()
    os.chdir("start")
    shutil.copy(BOTTLES, "m.csv")
    shutil.copytree(ROOT / "sample_manifests" / "digits", "digits")
    Path("n.csv").write_text("path,folder,purpose\nsub/a.png,good,train\nsub/b.png,bad,\n,,\n")
    Path("w.csv").write_text("folder,weight\ngood,1\nbad_cap,2\nmissing_cap,3\n")
    Path("sub").mkdir()
    Path("sub/a.png").write_bytes(b"")
    Path("sub", os.fsdecode(b"\xff.png")).write_bytes(b"GIF89a")
    call("plan m.csv -g folder --save-plan p.json -o d.csv -q", ends=(0,))
    call("export-tfrecord m.csv -g folder -n 20 -o e -q", ends=(0,))
    os.chdir("..")


def _make_line(random):
    if random.random() < 0.03:
        return json.dumps(random.choices([*_COMMANDS, *_OPTIONS, *_VALUES], k=4)).encode()
    known = _options_of(command := random.choice(_COMMANDS))
    words = [command]
    if command in ("scan", "verify"):
        words += [random.choice(["sub", "digits", "e", ".", *random.choices(_VALUES, k=2)])]
    elif random.random() < 0.7:
        words += [random.choice(["m.csv", "m.csv", "n.csv", "digits/manifest.csv", *_VALUES[:3]])]
    for _ in range(random.randrange(6)):
        words.append(random.choice(known if random.random() < 0.8 else _OPTIONS))
        if random.random() < 0.8:
            words.append(random.choice(_VALUES))
        if random.random() < 0.05:
            words[-1] = words[-1] + random.choice(["=", "x", "=x"])
    if random.random() < 0.1:
        random.shuffle(words)
    return json.dumps(words).encode()


def _options_of(command):
    from typer.main import get_command

    from brevetti_sample.cli.program import app

    group = get_command(app)
    found = group.get_command(None, command)
    return [
        name for one in found.params for name in (*one.opts, *one.secondary_opts) if name[0] == "-"
    ]


def _run_line(data):
    words = json.loads(data)
    if "brevettiai" in words:  # would import TensorFlow
        return
    shutil.rmtree(_FOLDER, ignore_errors=True)
    shutil.copytree("start", _FOLDER, copy_function=os.link)
    os.chdir(_FOLDER)
    try:
        call("", *words, ends=(0, 2, 3, 4, 5, 6, 7))
    finally:
        os.chdir("..")


TARGETS = {"line": Target(_make_line, _run_line, _prepare_lines)}
