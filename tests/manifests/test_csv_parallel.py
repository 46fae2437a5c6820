"""CSV read in parts: the same, wherever it is cut."""

from __future__ import annotations

import contextlib
import gzip
import threading
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import csv as pa_csv

from brevetti_sample.errors import ManifestError
from brevetti_sample.groups.grouping import count_rows
from brevetti_sample.manifests.manifest import read_manifest
from brevetti_sample.manifests.readers import csv_parallel as csv_parts

pieces = st.lists(
    st.sampled_from(
        ["a", "b", "7", ",", ",", "\n", "\n", "\r\n", '"', '"', '""', '",\n"', "\ufeff", "é"]
    ),
    max_size=40,
)


@contextlib.contextmanager
def parts(number, block=1 << 20, window=1 << 16):
    """Read with several parts, however small they are."""
    with (
        patch.object(csv_parts, "_SMALLEST_PART_BYTES", 1),
        patch.object(csv_parts, "_BLOCK_BYTES", block),
        patch.object(csv_parts, "_WINDOW_BYTES", window),
        patch.object(csv_parts, "cores", return_value=number),
    ):
        yield


def outcome(data):
    """The table, or the message of the error."""
    try:
        manifest = read_manifest(data)
        return manifest.read(manifest.columns).to_pydict()
    except ManifestError as error:
        return str(error)


@given(pieces, st.integers(2, 5), st.integers(8, 64), st.integers(1, 64))
@example(list('a,b\n"x\ny",1\n"x\ny",1\n'), 2, 64, 64)
@example(["7,a\n", "\ufeff7,b\n"], 2, 64, 64)
def test_parts_give_the_same_table_or_error_as_the_whole(texts, number, block, window):
    data = ("a,b\n" + "".join(texts)).encode()
    whole = outcome(data)
    with parts(number, block, window):
        assert outcome(data) == whole


@given(pieces)
def test_the_whole_is_read_as_arrow_reads_it_unless_a_quote_is_left_open(texts):
    # Of a last line without an end Arrow takes `"",` for two quoted fields.
    data = ("a,b\n" + "".join(texts) + "\n").encode()
    names = ["a", "b"]
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(data),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
            ),
        )
    except pa.ArrowException:
        assert isinstance(outcome(data), str)
        return
    found = outcome(data)
    if isinstance(found, str):
        assert "opens a quote that is never closed" in found or not table.num_rows
        return
    # Columns of integers are told apart later.
    assert {name: [None if v is None else str(v) for v in found[name]] for name in names} == (
        table.to_pydict()
    )


def test_a_file_is_cut_at_line_ends():
    data = b"a,b\n" + b"".join(b"%03d,x\n" % number for number in range(300))
    cut = []
    real = csv_parts._Reader.read

    def read(self, start, stop):
        cut.append((start, stop))
        return real(self, start, stop)

    with parts(3), patch.object(csv_parts._Reader, "read", read):
        table = read_manifest(data).read(["a"])
    starts = sorted(start for start, _ in cut)
    assert len(starts) == 3
    assert all(data[start - 1 : start] == b"\n" for start in starts[1:])
    assert table.column("a").to_pylist() == [f"{number:03d}" for number in range(300)]


def test_the_rows_of_many_blocks_and_parts_are_counted():
    values = [number * number % 97 for number in range(3000)]
    data = "a,b\n" + "".join(f"{value},x\n" for value in values)
    with parts(3, block=64):
        grouping = count_rows(read_manifest(data.encode()), "a")
    assert [key for (key,) in grouping.keys] == sorted(set(values))
    assert grouping.sizes.tolist() == [values.count(value) for value in sorted(set(values))]


@pytest.mark.parametrize("compressed", [False, True])
def test_an_open_quote_is_told_with_its_line_wherever_it_is(compressed, tmp_path):
    lines = ["a,b", *("1,x" for _ in range(50))]
    for number, tail in ((2, ""), (26, ""), (50, ""), (50, "!")):
        damaged = [*lines]
        damaged[number] = '1,"x'
        text = "\n".join(damaged) + ("\n" if not tail else "")
        path = tmp_path / ("m.csv.gz" if compressed else "m.csv")
        path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
        with parts(4):
            assert outcome(path) == (
                f"'{path}' line {number + 1} opens a quote that is never closed; close or double it"
            )


def test_a_row_longer_than_a_block_is_read():
    data = "a,b\n" + "1,x\n" * 50 + f"2,{'y' * 5000}\n" + "3,z\n" * 50
    with parts(2, block=1000):
        assert outcome(data.encode())["b"][50] == "y" * 5000


def test_an_interrupt_stops_all_parts():
    begun, stopped = threading.Event(), []

    def read(self, start, stop):
        if not start:
            begun.wait(10)
            raise KeyboardInterrupt
        begun.set()
        stopped.append(self.stopped.wait(10))
        try:
            real(self, start, stop)
        except pa.ArrowInvalid:  # empty
            stopped.append("at once")

    real = csv_parts._Reader.read
    with (
        parts(2),
        patch.object(csv_parts._Reader, "read", read),
        pytest.raises(KeyboardInterrupt),
    ):
        read_manifest(b"a,b\n" + b"1,x\n" * 50).read(["a"])
    assert stopped == [True, "at once"]
