"""Configuration as input: `brevetti-sample.toml`, `pyproject.toml`, and the environment."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path

from .mutations import NUMBERS, TEXTS, change_bytes
from .running import BOTTLES, Target, call, choices

_TOML = [
    """groupby = ["folder"]
weighting = "square root"
seed = 7
stream = "stratified"
shuffle = true
repeat = "endless"
batch-size = 8
image-column = "path"
image-root = "images"
label-column = "folder"
label-offset = 1
labels = "good,bad"
max-pixels = 1000
""",
    f'''# a comment
manifest = "{BOTTLES}"
groupby = "folder" # another
weights = "good=1,bad_cap=2.5,missing_cap=3"
repeat = 3
shuffle = false
seed = -1
"batch-size" = 1_000
''',
    """manifest = ['m.csv', "a/b.csv"]
groupby = [
  'folder',
  "purpose",
]
weights = {good = 1, bad_cap = 2.5}
seed = 0x1F
max-pixels = 100000000
""",
]
_TOML_WORDS = [
    *(b"=", b"[", b"]", b"[[", b'"', b"'''", b"{", b"}", b"\n", b"nan", b"inf", b"1979-05-27"),
    *(b"0x1F", b"1e400", b"true", b"[" * 3000, b"a." * 3000, b"a.b.c.d.", b"\xff", b"\0"),
    *(b'"\\ud800"', b'"\\u0000"', b'"\\u001b[31m"', b"repeat", b"plan", b"output", b"manifest"),
    *(b"jobs", b"9" * 5000, b"-" + b"9" * 5000, b"0x" + b"f" * 5000, b"start", b"'x'", b"\\", b"#"),
    *(b"[tool]\n", b"[tool.brevetti-sample]\n", b"brevetti", b"{a=1}", b"[1,[2,{}]]", b'""', b"[]"),
    *(
        b"weights",
        b"labels",
        b"max-pixels",
        b"07:32:00",
        b"1.5",
        b"\r",
        b"\xef\xbb\xbf",
        b"\xc2\x85",
    ),
]
_VALUES = [
    *("folder", "", " ", ",", "a,b", "[", "{}", '["folder"]', "null", "true", "False", "endless"),
    *(
        "good=1",
        "good=1,bad_cap=nan",
        "=",
        "count",
        "power:1e400",
        "power:-1",
        "m.csv",
        "/",
        ".",
        "-",
    ),
    *("9" * 5000, "-" + "9" * 5000, "1_0", " 7 ", "٣", "0x1F", "1e3", "nan", "inf", "\udcff", "~"),
    *("s3://a/b", "http://127.0.0.1:9/x", "\x1b[31m", "x" * 70_000, "a\nb", str(BOTTLES)),
    *(text for text in TEXTS[:-1] if "\0" not in text),
]
_KEYS = [
    *("MANIFEST", "GROUPBY", "WEIGHTING", "WEIGHTS", "SEED", "STREAM", "SHUFFLE", "REPEAT"),
    *("BATCH_SIZE", "IMAGE_COLUMN", "IMAGE_ROOT", "LABEL_COLUMN", "LABEL_OFFSET", "LABELS"),
    *("MAX_PIXELS", "CONFIG", "SEEDS", "X", "é", "JOBS", "\udcff", ""),
]


def _make_configuration(random):
    environment = {}
    if random.random() < 0.4:
        for key in random.sample(_KEYS, random.choice([1, 1, 2, 4])):
            value = random.choice([*_VALUES, str(random.choice(NUMBERS)), "x.toml", "."])
            environment[f"BREVETTI_SAMPLE_{key}"] = value
    name = random.choice(["brevetti-sample.toml", "brevetti-sample.toml", "pyproject.toml"])
    text = random.choice(_TOML)
    if name == "pyproject.toml":
        text = f'[project]\nname = "x"\n\n[tool.brevetti-sample]\n{text}'
    data = text.encode()
    if not environment or random.random() < 0.3:
        data = change_bytes(random, data, _TOML_WORDS)
    else:
        data = b"" if random.random() < 0.7 else data
    return json.dumps([name, environment]).encode() + b"\n" + data


def _run_configuration(data):
    head, _, text = data.partition(b"\n")
    name, environment = json.loads(head)
    for other in ("brevetti-sample.toml", "pyproject.toml"):
        Path(other).unlink(missing_ok=True)
    Path(name).write_bytes(text)
    Path("x.toml").write_bytes(text)
    Path("m.csv").write_text("folder,path\ngood,a\nbad,b\n")
    Path(".git").mkdir(exist_ok=True)  # it is not looked for above
    with _environment(environment):
        call("config")
        call("config --format jsonl")
        if b"brevettiai" in data:  # would import TensorFlow
            return
        runs = [
            *("plan -n 3", f"stats {BOTTLES} --format csv", "plan m.csv -n 3 --format jsonl"),
            *("split --format csv", "stats --seed 3 -g folder", "report -n 3 -o r.html -q"),
            *("--help", "plan --help", "config --format table"),
        ]
        for run in choices(data).sample(runs, 2):
            call(run)
        call("export-tfrecord -o o --overwrite -q -j 1 -n 3", ends=(0, 2, 3, 4))


@contextmanager
def _environment(changes):
    kept = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


TARGETS = {"configuration": Target(_make_configuration, _run_configuration)}
