"""What is small and grows, and what has no end: refused in little memory and time, by all commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import zlib
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from brevetti_sample import export_tfrecord, limits, make_plan, read_manifest, verify_export
from brevetti_sample.errors import DamageError, ManifestError, SampleFileError
from brevetti_sample.files.regular import read_to_end
from brevetti_sample.images.folder import ImageFolder
from brevetti_sample.images.header import HeaderError, read_header
from brevetti_sample.messages import close_match, repeated
from brevetti_sample.tfrecord.format.framing import frame, frame_header
from brevetti_sample.tfrecord.format.reader import read_records
from support.program import ROOT

MIB = 1 << 20
COMMANDS = {
    "plan": ("plan", "-g", "folder", "-o", "-", "--format", "csv"),
    "stats": ("stats", "-g", "folder"),
    "report": ("report", "-g", "folder", "-o", "page.html"),
    "split": ("split", "-g", "folder", "-o", "split.csv"),
    "export": ("export-tfrecord", "-g", "folder", "-o", "out"),
}
# What `getrusage` tells begins with the memory of the process that started this one.
_PEAK = """
def peak():
    [kib] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")]
    return int(kib) // 1024
"""
_MEASURED = f"""{_PEAK}
import sys
from brevetti_sample.cli.main import main
code = main(sys.argv[1:])
print("peak", peak(), file=sys.stderr)
sys.exit(code)
"""


def measured(folder, *arguments, stdin=subprocess.DEVNULL, timeout=60):
    """Run the program: its exit code, what it says, its standard output, and its peak in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *map(str, arguments)],
        cwd=folder,
        stdin=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    *lines, last = done.stderr.decode().splitlines()
    return done.returncode, "\n".join(lines), done.stdout.decode(), int(last.removeprefix("peak "))


def packed(path, *parts):
    """Write parts, each of bytes and how often they come, as gzip."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    with open(path, "wb") as file:
        for data, count in parts:
            file.writelines(packer.compress(data) for _ in range(count))
        file.write(packer.flush())


def grow_header(path):
    packed(path, (b"folder,", 1), (b"a" * MIB, 200))


def grow_columns(path):
    packed(path, (b"," * MIB, 200))


def grow_zeros(path):
    packed(path, (b"\0" * MIB, 200))


def grow_blank_lines(path):
    packed(path, (b"\n" * MIB, 200))


def grow_cell(path):
    packed(path, (b"folder,x\na,1\nb,", 1), (b"a" * MIB, 200), (b"\na,2\n", 1))


def grow_quoted_cell(path):
    packed(path, (b'folder,x\na,1\nb,"', 1), (b"a\n" * (MIB // 2), 200), (b'"\na,2\n', 1))


def grow_fields(path):
    packed(path, (b"folder,x\na,1\n", 1), (b"," * MIB, 200))


GROWING = {
    "header": (grow_header, "line 1 is longer than 32 MiB"),
    "columns": (grow_columns, "line 1 is longer than 32 MiB"),
    "zeros": (grow_zeros, "line 1 is longer than 32 MiB"),
    "blank lines": (grow_blank_lines, "is empty: expected a header line"),
    "cell": (grow_cell, "line 3 is longer than 32 MiB"),
    "quoted cell": (grow_quoted_cell, "line 3 is a row of more than 1,048,576 lines"),
    "fields": (grow_fields, "line 3 is longer than 32 MiB"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "command, kind",
    [*(("stats", kind) for kind in GROWING), *((command, "cell") for command in COMMANDS)],
)
def test_a_csv_file_that_grows_is_refused_in_little_memory(tmp_path, command, kind):
    write, reason = GROWING[kind]
    write(tmp_path / "m.csv.gz")
    name, *options = COMMANDS[command]
    code, said, _, peak = measured(tmp_path, name, "m.csv.gz", *options)
    assert (code, said.count("\n")) == (3, 0)
    assert reason in said
    assert peak < 700


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["header", "quoted cell"])
def test_what_grows_on_standard_input_is_refused_alike(tmp_path, kind):
    write, reason = GROWING[kind]
    write(tmp_path / "m.csv.gz")
    with open(tmp_path / "m.csv.gz", "rb") as file:
        code, said, _, peak = measured(tmp_path, "stats", "-g", "folder", stdin=file)
    assert (code, reason in said, peak < 700) == (3, True, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "source, reason",
    [
        ("-", "standard input is a device"),
        ("/dev/zero", "it is not a regular file"),
        ("pipe", "has a line longer than 32 MiB"),
    ],
)
def test_a_line_without_end_is_refused(tmp_path, source, reason):
    os.mkfifo(tmp_path / "pipe")

    def feed():
        with open(tmp_path / "pipe", "wb") as pipe:
            try:
                while True:
                    pipe.write(bytes(MIB))
            except BrokenPipeError:
                pass

    if source == "pipe":
        threading.Thread(target=feed, daemon=True).start()
    with open("/dev/zero", "rb") as zeros:
        code, said, _, peak = measured(tmp_path, "stats", source, "-g", "a", stdin=zeros)
    assert code == 3
    assert reason in said
    assert peak < 300


def test_lines_without_end_are_refused_once_they_are_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr("brevetti_sample.manifests.piped.MAX_PIPED_BYTES", 3 * MIB)
    with subprocess.Popen(["yes", "a,b"], stdout=subprocess.PIPE) as endless:
        path = f"/dev/fd/{endless.stdout.fileno()}"
        with pytest.raises(ManifestError, match="has more than 3 MiB, and must be kept in memory"):
            read_manifest(path)
        endless.stdout.close()
        endless.kill()


def test_a_row_up_to_the_limit_is_read(tmp_path):
    long = "x" * (30 * MIB)
    (tmp_path / "m.csv").write_text(f"a,b\n1,{long}\n2,y\n")
    texts = read_manifest(tmp_path / "m.csv").read(["b"]).column(0).to_pylist()
    assert [len(text) for text in texts] == [30 * MIB, 1]


def test_a_ragged_row_after_a_long_field_is_found(tmp_path):
    (tmp_path / "m.csv").write_text(f"a,b\n1,{'x' * 200_000}\n2\n")
    with pytest.raises(ManifestError, match="line 3 has 1 field, the header has 2"):
        read_manifest(tmp_path / "m.csv").read(["b"])


WIDE = 200_000


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    path = tmp_path_factory.mktemp("wide") / "m.csv"
    names = ",".join(f"column{i:08d}" for i in range(WIDE))
    rows = "".join(f"{'ab'[r % 2]}{',7' * WIDE}\n" for r in range(3))
    path.write_text(f"folder,{names}\n{rows}")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_manifest_of_many_columns_is_read_or_refused_soon(wide, tmp_path, command):
    name, *options = COMMANDS[command]
    code, said, _, peak = measured(tmp_path, name, wide, *options, timeout=30)
    if command in ("stats", "report"):
        assert (code, "Traceback" in said) == (0, False)
    else:
        assert code == 3
        assert "200,001 columns to read at once, more than 32,768" in said
    assert peak < 500


@pytest.mark.slow
def test_chosen_columns_of_many_are_read(wide, tmp_path):
    options = ("-g", "folder", "-c", "column00199999", "-n", "2")
    code, _, out, peak = measured(tmp_path, "plan", wide, *options, timeout=30)
    assert (code, out.splitlines()[0]) == (0, "draw,batch,row,group,column00199999")
    assert peak < 500


@pytest.mark.slow
def test_an_unknown_column_among_many_has_a_close_match_soon(wide, tmp_path):
    code, said, _, _ = measured(tmp_path, "stats", wide, "-g", "colum00000017", timeout=30)
    assert code == 2
    assert "did you mean 'column00000017'?" in said


def test_a_close_match_among_many_is_that_among_few():
    names = [f"name{i}" for i in range(100_000)]
    assert close_match("flder", [*names, "folder"]) == "; did you mean 'folder'?"
    assert close_match("xyz", names) == ""
    assert close_match("f" * 10**6, names) == ""


def test_names_that_come_twice_are_found_in_one_pass():
    names = [str(i) for i in range(300_000)]
    assert repeated([*names, "7", "5"]) == ["5", "7"]
    with pytest.raises(ManifestError, match="more than one column 'c7'"):
        read_manifest(
            pa.Table.from_arrays([pa.array([1])] * 9, [f"c{min(i, 7)}" for i in range(9)])
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "command, options",
    [("stats", ()), ("split", ()), ("plan", ())],
)
def test_a_table_of_many_groups_shows_the_largest_and_the_smallest(tmp_path, command, options):
    groups = 50_000
    with open(tmp_path / "m.csv", "w") as file:
        file.write("folder\n")
        file.writelines(f"g{number:05d}\n" * (1 + (number == 123)) for number in range(groups))
    command_line = (command, "m.csv", "-g", "folder", "--format", "table", *options)
    code, _, out, peak = measured(tmp_path, *command_line, timeout=30)
    assert code == 0
    assert len(out.splitlines()) < 140
    assert peak < 500
    if command != "plan":
        rows = [line for line in out.splitlines() if re.match(r" ?g[0-9]{5}", line)]
        assert (len(rows), rows[0].split()[0]) == (50, "g00123")
        assert "… 49,950 more" in out


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "jsonl", "markdown"])
def test_data_of_many_groups_is_complete(tmp_path, kind):
    (tmp_path / "m.csv").write_text("a\n" + "".join(f"g{i}\n" for i in range(9_000)))
    code, _, out, _ = measured(tmp_path, "stats", "m.csv", "-g", "a", "--format", kind)
    assert (code, len(re.findall(r"\bg[0-9]+\b", out))) == (0, 9_000)


def test_a_parquet_page_that_grows_is_refused(tmp_path):
    texts = pa.array(["a" * MIB] * 700, pa.large_string())
    table = pa.table({"folder": texts})
    pq.write_table(table, tmp_path / "m.parquet", compression="zstd", use_dictionary=False)
    assert os.path.getsize(tmp_path / "m.parquet") < MIB
    manifest = read_manifest(tmp_path / "m.parquet")
    for read in (manifest.read, manifest.tally):
        with pytest.raises(ManifestError, match="column 'folder' has .* bytes that become 700 MiB"):
            read(["folder"])


def test_a_parquet_dictionary_that_grows_is_refused(tmp_path):
    indices = pa.array([0] * 100_000, pa.int32())
    texts = pa.DictionaryArray.from_arrays(indices, pa.array(["b" * MIB]))
    table = pa.table({"x": texts, "y": [1] * 100_000})
    pq.write_table(table, tmp_path / "m.parquet", compression="zstd", store_schema=False)
    manifest = read_manifest(tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match="column 'x' has .* bytes that become 100000 MiB"):
        manifest.read(["x"])
    assert manifest.read(["x"], ["x"]).num_rows == 100_000
    assert manifest.read(["y"]).num_rows == 100_000


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip", "brotli", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_usual_parquet_files_pass(tmp_path, compression, version):
    table = pa.table({"a": [f"path/{i}.png" for i in range(20_000)], "b": [[1, 2]] * 20_000})
    path = tmp_path / "m.parquet"
    pq.write_table(table, path, compression=compression, data_page_version=version)
    manifest = read_manifest(tmp_path / "m.parquet")
    assert manifest.read(["a", "b"]).num_rows == 20_000
    assert manifest.tally(["a"])[1].sum() == 20_000


def small_export(folder):
    samples = read_manifest([{"a": i % 2} for i in range(10)])
    export_tfrecord(samples, make_plan(samples, "a"), folder)
    [shard] = folder.glob("*.tfrecord-*")
    return shard


@pytest.mark.slow
def test_a_packed_shard_that_claims_two_gigabytes_takes_no_memory(tmp_path):
    shard = small_export(tmp_path / "out")
    record = frame_header((1 << 31) - 100)
    packed(shard, (record, 1), (bytes(MIB), 2047))
    with pytest.raises(DamageError, match="claims 2147483548 bytes, and a record has at most 288"):
        list(read_records(shard, "gzip"))
    record = frame_header(limits.MAX_RECORD_BYTES)
    packed(shard, (record, 1), (bytes(MIB), 300))
    script = f"""{_PEAK}
from brevetti_sample import errors
from brevetti_sample.tfrecord.format.reader import read_records
try:
    list(read_records({str(shard)!r}, "gzip"))
except errors.DamageError as error:
    print(error.reason, peak())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    *reason, peak = done.stdout.split()
    assert " ".join(reason) == "the data does not match its checksum"
    assert int(peak) < 1000


def test_a_shard_of_more_records_than_it_should_have_is_not_read_to_its_end(tmp_path):
    shard = small_export(tmp_path / "out")
    record = next(read_records(shard))
    shard.write_bytes(frame([record]) * 100_000)
    [damage] = verify_export(tmp_path / "out").damages
    assert damage.reason.endswith("it has more than its 10 records")


@pytest.mark.parametrize("size", [2 * MIB, 1900 * MIB])
def test_a_large_file_that_is_no_image_is_not_read(tmp_path, size, monkeypatch):
    with open(tmp_path / "a.png", "wb") as file:
        file.truncate(size)
    monkeypatch.setattr("brevetti_sample.images.folder.read_to_end", None)
    reason = "it is no PNG" if size < limits.MAX_IMAGE_BYTES else "it has more than 256 MiB"
    with pytest.raises(SampleFileError, match=reason):
        ImageFolder(str(tmp_path)).read("a.png")


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes([0, 0, 0, 13]) + b"IHDR" + bytes([0, 0, 0, 8] * 2) + bytes(9),
        b"GIF89a" + bytes([8, 0, 4, 0, 0, 0, 0]),
        b"\xff\xd8",
        b"RIFF\xf0\xff\xff\x05WEBPVP8X" + bytes(14),
    ],
)
def test_an_image_of_endless_parts_is_refused_soon(data):
    filler = b"\xff" if data.startswith(b"\xff") else b"\0"
    with pytest.raises(HeaderError, match="of more than 4,194,304 parts"):
        read_header(data + filler * (100 * MIB))


def test_a_file_that_grows_while_it_is_read_ends_at_the_limit(tmp_path):
    (tmp_path / "a").write_bytes(bytes(3 * MIB))
    with open(tmp_path / "a", "rb") as file, pytest.raises(OSError, match="more than 1 MiB"):
        read_to_end(file.fileno(), 10, most=MIB)


def test_every_limit_is_in_the_documentation():
    page = (ROOT / "docs/limits.md").read_text()
    names = [name for name in vars(limits) if name.startswith("MAX_")]
    assert Counter(re.findall(r"`(MAX_[A-Z_]+)`", page)) == Counter(names)
    for name in names:
        value = getattr(limits, name)
        text = f"{value // MIB} MiB" if value % MIB == 0 and "BYTES" in name else f"{value:,}"
        assert re.search(rf"{re.escape(text)} \| `{name}`", page), name
