"""What is fuzzed: for each kind of input, how one is made and how the program is run on it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import google_crc32c

from brevetti_sample.cli.main import main

from .mutations import NUMBERS, TEXTS, change_bytes, change_json, write_json

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "sample_manifests" / "digits" / "manifest.csv"
BOTTLES = ROOT / "sample_manifests" / "neurips_2018_reduced.csv"
_CHECKSUM = b' "sha256_above": '


@dataclass(frozen=True)
class Target:
    """A kind of input.

    Attributes:
        make: makes one by a random generator, in the folder that `prepare` filled.
        run: runs the program on one; returns its exit code.
        prepare: writes what all runs need to the working directory.
    """

    make: Callable[[random.Random], bytes]
    run: Callable[[bytes], int]
    prepare: Callable[[], object] = lambda: None


def _main(text, *more):
    return main([*shlex.split(text), *more])


def _worst(codes):
    """The exit code that is a fault, if any is."""
    return max(codes, key=lambda code: (code == 1, code))


# -- CSV ---------------------------------------------------------------------------------------

_CSV = [
    b"path,folder,n\na.png,good,1\nb.png,good,2\nc.png,bad,3\n",
    b'path;folder\r\n"a;1";good\r\n"b ""q""";bad\r\n',
    "\ufeffpath\tfolder\né.png\tgood\n".encode(),
    "path,folder\na,b\n".encode("utf-16"),
    b"folder\n" + b"a\n" * 500 + b"b\n" * 3,
    b'folder,x\n"a\nb",1\n"c",2\n',
]
_CSV_WORDS = [b",", b'"', b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"NA", b"007", b";"]


def _make_csv(random):
    data = change_bytes(random, random.choice(_CSV), _CSV_WORDS)
    if random.random() < 0.1:
        data = gzip.compress(data, 1)
        data = data if random.random() < 0.5 else change_bytes(random, data)
    return data


def _run_csv(data):
    name = "m.csv.gz" if data[:2] == b"\x1f\x8b" else "m.csv"
    Path(name).write_bytes(data)
    runs = [
        f"stats {name} -g folder --format csv",
        f"stats {name} -g folder --format table",
        f"plan {name} -g folder -n 20 --format jsonl",
        f"split {name} -g folder --format csv",
        f"export-tfrecord {name} -g folder -n 20 -o o --overwrite -q",
    ]
    return _worst(_main(run) for run in runs)


# -- Parquet -----------------------------------------------------------------------------------


@cache
def _parquets():
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = pa.array(["good", "bad", None, "good", "odd"] * 40)
    tables = [
        pa.table({"folder": folder, "n": range(200)}),
        pa.table({"folder": folder.dictionary_encode(), "x": [[1, 2], []] * 100}),
        pa.table({"folder": pa.array([1, 2, 3, None] * 50), "b": [b"\xff\0"] * 200}),
        pa.table({"folder": pa.array([1.5, float("nan")] * 100), "t": [True, None] * 100}),
    ]
    found = []
    for table in tables:
        for compression in ("none", "snappy", "zstd", "gzip"):
            sink = io.BytesIO()
            pq.write_table(table, sink, compression=compression, row_group_size=64)
            found.append(sink.getvalue())
    return found


def _make_parquet(random):
    data = random.choice(_parquets())
    if random.random() < 0.5:  # the footer
        length = int.from_bytes(data[-8:-4], "little") + 8
        return data[:-length] + change_bytes(random, data[-length:])
    return change_bytes(random, data)


def _run_parquet(data):
    Path("m.parquet").write_bytes(data)
    runs = [
        "stats m.parquet -g folder --format csv",
        "plan m.parquet -g folder -n 20 --format jsonl",
        "split m.parquet -g folder --path-column folder --format parquet -o s.parquet -q",
        "export-tfrecord m.parquet -g folder -n 20 -o o --overwrite -q",
    ]
    return _worst(_main(run) for run in runs)


# -- plans and states --------------------------------------------------------------------------


def _prepare_plan():
    _main(f"plan {BOTTLES} -g folder -w count --save-plan p.json -o d.csv -q")
    _main(f"plan {BOTTLES} -g folder -g purpose --repeat 2 --save-plan q.json -o d.csv -q")
    _main(f"plan {BOTTLES} --stream brevettiai --save-plan r.json -o d.csv -q")


def _fitting(document):
    """Give a plan the digest of what stands in it, if that can be computed."""
    try:
        fields = json.loads(write_json(document))
        for name in ("manifest_rows", "manifest_sha256", "digest"):
            fields.pop(name, None)
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        return {**document, "digest": hashlib.sha256(text.encode()).hexdigest()}
    except (ValueError, RecursionError, AttributeError, TypeError):
        return document


def _make_plan(random):
    data = Path(random.choice(["p.json", "q.json", "r.json"])).read_bytes()
    if random.random() < 0.2:
        return change_bytes(random, data)
    document = change_json(random, json.loads(data))
    if isinstance(document, dict) and random.random() < 0.9:
        document = _fitting(document)
    return write_json(document).encode("utf-8", "surrogatepass")


def _run_plan(data):
    Path("x.json").write_bytes(data)
    if b'"brevettiai"' in data:  # would import TensorFlow
        return _main("export-tfrecord", str(BOTTLES), *shlex.split("--plan x.json --dry-run -q"))
    runs = ["plan", "stats", "export-tfrecord -o o --overwrite -q"]
    return _worst(_main(f"{run} {BOTTLES} --plan x.json -n 50") for run in runs)


def _make_state(random):
    from brevetti_sample import make_plan
    from brevetti_sample.streams.state import make_state

    seed = make_state(make_plan(str(BOTTLES), groupby="folder"), 64)
    if random.random() < 0.2:
        return change_bytes(random, json.dumps(seed).encode())
    return write_json(change_json(random, seed)).encode("utf-8", "surrogatepass")


def _run_state(data):
    from brevetti_sample import make_plan
    from brevetti_sample.errors import PlanError
    from brevetti_sample.streams.state import read_state

    plan = make_plan(str(BOTTLES), groupby="folder")
    states = [data, data.decode("utf-8", "surrogatepass")] if _is_text(data) else [data]
    try:
        states.append(json.loads(data))
    except (ValueError, RecursionError):
        pass
    for state in states:
        try:
            draw = read_state(state, plan)
        except PlanError:
            continue
        assert type(draw) is int and 0 <= draw <= 1 << 60
    return 0


def _is_text(data):
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


# -- exports -----------------------------------------------------------------------------------


def _prepare_export():
    options = "--image-column path -g label --label-column label -n 30 --shards 2 -q"
    _main(f"export-tfrecord {DIGITS} {options} -o good")
    _main(f"export-tfrecord {DIGITS} {options} -o packed --compression gzip")
    _main(f"export-tfrecord {BOTTLES} -g folder -n 30 --shards 2 -q -o rows")


def _copy(folder):
    shutil.rmtree("e", ignore_errors=True)
    shutil.copytree(folder, "e", copy_function=os.link)


def _put(name, data):
    Path("e", name).unlink(missing_ok=True)
    Path("e", name).write_bytes(data)


def _checked(above):
    return above + _CHECKSUM + f'"{hashlib.sha256(above).hexdigest()}"\n}}\n'.encode()


def _make_export(random):
    data = Path(random.choice(["good", "rows", "packed"]), "export.json").read_bytes()
    if random.random() < 0.2:
        return change_bytes(random, data)
    document = json.loads(data)
    document.pop("sha256_above")
    if random.random() < 0.5:
        document["plan"] = change_json(random, document["plan"])
        if isinstance(document["plan"], dict):
            document["plan"] = _fitting(document["plan"])
    else:
        document = change_json(random, document)
    text = write_json(document).encode("utf-8", "surrogatepass")
    return _checked(text[:-1].rstrip() + b",\n") if text.endswith(b"}") else text


def _run_export(data):
    folder = "rows" if b'"rows' in data else "good"
    _copy(folder)
    _put("export.json", data)
    codes = [_main("verify e"), _main("verify e --deep -q")]
    manifest = DIGITS if folder == "good" else BOTTLES
    codes.append(_main(f"export-tfrecord {manifest} -n 5 -o e -q"))
    return _worst(codes)


@cache
def _shards():
    return [
        (folder, name, Path(folder, name).read_bytes())
        for folder in ("good", "rows", "packed")
        for name in sorted(os.listdir(folder))
        if "tfrecord" in name
    ]


def _framed(record):
    from brevetti_sample.tfrecord.format.framing import frame

    return frame([record])


def _records(data):
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 8], "little")
        yield data[at + 12 : at + 12 + length]
        at += 16 + length


def _make_shard(random):
    folder, name, data = random.choice(_shards())
    packed = folder == "packed"
    if random.random() < 0.6:  # records that are framed right
        plain = gzip.decompress(data) if packed else data
        records = list(_records(plain))
        at = random.randrange(len(records))
        records[at] = change_bytes(random, records[at])
        data = b"".join(map(_framed, records))
        data = gzip.compress(data, 1) if packed else data
    if random.random() < 0.5:
        data = change_bytes(random, data)
    return f"{folder} {name}\n".encode() + data


def _run_shard(data):
    head, _, data = data.partition(b"\n")
    folder, name = head.decode().split()
    _copy(folder)
    _put(name, data)
    codes = [_main("verify e -q")]
    above, _, _ = Path("e/export.json").read_bytes().rpartition(_CHECKSUM)
    document = json.loads(above.rstrip().rstrip(b",") + b"}")
    [shard] = [shard for shard in document["shards"] if shard["name"] == name]
    shard |= {
        "bytes": len(data),
        "crc32c": f"{google_crc32c.value(data):08x}",
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    _put("export.json", _checked(json.dumps(document).encode()[:-1] + b",\n"))
    codes.append(_main("verify e --deep -q"))
    return _worst(codes)


# -- images ------------------------------------------------------------------------------------


@cache
def _images():
    from PIL import Image

    found = []
    picture = Image.effect_noise((40, 30), 90)
    for form in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"):
        for mode in ("L", "RGB", "P"):
            if (form, mode) in {("JPEG", "P"), ("WEBP", "P"), ("WEBP", "L")}:
                continue
            sink = io.BytesIO()
            picture.convert(mode).save(sink, form)
            found.append(sink.getvalue())
    return found


def _make_image(random):
    data = random.choice(_images())
    head = random.choice([24, 64, 400])
    if random.random() < 0.7:
        return change_bytes(random, data[:head]) + data[head:]
    return change_bytes(random, data)


def _run_image(data):
    Path("a.png").write_bytes(data)
    Path("m.csv").write_text("path\na.png\n")
    options = "m.csv --image-column path -n 1 -q"
    codes = [
        _main(f"export-tfrecord {options} -o o --overwrite"),
        _main(f"export-tfrecord {options} -o o --overwrite --on-error skip"),
    ]
    return _worst(codes)


# -- configuration and the command line --------------------------------------------------------

_TOML = b"""groupby = ["folder"]
weighting = "square root"
seed = 7
draws = 50
batch-size = 8
shuffle = true

[weights]
good = 1
bad_cap = 2.5

[plan]
columns = ["path", "folder"]
format = "csv"

[export-tfrecord]
shards = 2
name = "bottles"
"""
_TOML_WORDS = [
    *(b"=", b"[", b"]", b"[[", b'"', b"'''", b"{", b"}", b"\n", b"nan", b"inf", b"1979-05-27"),
    *(b"0x1F", b"1e400", b"true", b"[" * 3000, b"a." * 3000, b"\xff", b"\0", b'"\\ud800"'),
    *(b"repeat", b"plan", b"output", b"manifest", b"jobs", b"9" * 5000, b"start", b"'x'"),
]


def _make_configuration(random):
    return change_bytes(random, _TOML, _TOML_WORDS)


def _run_configuration(data):
    Path("brevetti-sample.toml").write_bytes(data)
    runs = [
        *("config", "config --format jsonl", f"plan {BOTTLES}", f"stats {BOTTLES} --format csv"),
        f"export-tfrecord {BOTTLES} -o o --overwrite -q -j 1",
    ]
    return _worst(_main(run) for run in runs)


_COMMANDS = ["plan", "stats", "split", "scan", "export-tfrecord", "verify", "config", "report"]
_OPTIONS = shlex.split(
    "-g --groupby -w --weighting --weights --seed --stream --shuffle --no-shuffle --repeat -b "
    "--batch-size --plan -n --draws --batches --epochs --start --shard -c --columns --save-plan -o "
    "--output --format --report -q --debug -h --help --shares --unique --unique-regex --path-column "
    "--purpose-column --reassign --only --include --exclude --hidden --on-error --etag --absolute "
    "--image-column --image-root --label-column --label-offset --max-pixels --sha256 --no-sha256 "
    "--shards --shard-size --name --split --compression --overwrite --dry-run --deep --version "
    "--install-completion=x --show-completion=x --nonsense -x --folds --min-per-group --labels "
    "--split-column --train --spreadsheet-safe"
)
_VALUES = [
    *shlex.split(
        "folder path label nothing m.csv x.csv d.csv d.parquet d.jsonl p.json o sub sub/a.png . .. "
        "- '' ' ' uniform count 'square root' log power:0.5 power:1e400 power:nan power:1/3 good=1 "
        "good=-1 good=1e999 =1 bad_cap=0 w.csv stratified endless 0/4 4/4 1/0 -1/2 0 1 5 -5 1.5 1e9 "
        "nan inf table csv jsonl parquet markdown none gzip fail skip 10MB 0B 1e9GB train=0.8,test=0.2 "
        "train train=nan train=1,train=2 s3:// s3://b/x http://127.0.0.1:9/x file:///x '*.png' '[' '(' "
        r"'(?P<a>' '\\' a=b=c --  @x ~ 'a,b' ,, 1/0 2/3 é %s {} $x"
    ),
    *(text.encode("utf-8", "surrogateescape").decode() for text in TEXTS[:-1] if "\0" not in text),
    "\udcff",
    *map(str, NUMBERS),
]


def _prepare_line():
    shutil.copy(BOTTLES, "m.csv")
    Path("w.csv").write_text("folder,weight\ngood,1\nbad_cap,2\nmissing_cap,3\n")
    Path("sub").mkdir()
    Path("sub/a.png").write_bytes(b"")
    _main("plan m.csv -g folder --save-plan p.json -o d.csv -q")


def _make_line(random):
    words = [random.choice([*_COMMANDS, *_COMMANDS, *_COMMANDS, "x", "", "--version"])]
    if random.random() < 0.6:
        words.append("m.csv")
    for _ in range(random.randrange(7)):
        words.append(random.choice(_OPTIONS))
        if random.random() < 0.8:
            words.append(random.choice(_VALUES))
        if random.random() < 0.05:
            words[-1] = words[-1] + random.choice(["=", "x", "=x"])
    return json.dumps(words).encode()


def _run_line(data):
    words = json.loads(data)
    if "--debug" in words or "brevettiai" in words:
        return 0
    return main(words)


TARGETS = {
    "csv": Target(_make_csv, _run_csv),
    "parquet": Target(_make_parquet, _run_parquet),
    "plan": Target(_make_plan, _run_plan, _prepare_plan),
    "export": Target(_make_export, _run_export, _prepare_export),
    "state": Target(_make_state, _run_state),
    "configuration": Target(_make_configuration, _run_configuration),
    "image": Target(_make_image, _run_image),
    "shard": Target(_make_shard, _run_shard, _prepare_export),
    "line": Target(_make_line, _run_line, _prepare_line),
}
