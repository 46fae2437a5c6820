"""CSV that is safe in spreadsheets: no cell that begins like a formula."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import brevetti_sample as bs
from brevetti_sample.cli.lazy_group import _Loaded
from brevetti_sample.tables.spreadsheet import safe_column, safe_text

TEXTS = st.text(
    st.one_of(st.sampled_from("=+-@\t\r\n\uff1d'\" 01.e,"), st.characters(codec="utf-8")),
    max_size=6,
)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@given(TEXTS)
def test_a_text_is_as_it_is_or_has_a_quote_before_it_and_never_begins_as_a_formula(text):
    safe = safe_text(text)
    assert safe in (text, f"'{text}")
    begins = text[:1] != "" and text[:1] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
    assert (safe != text) == (begins and not NUMBER.fullmatch(text))


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=5))
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_column_is_treated_as_its_texts_are(kind, texts):
    column = safe_column(pa.chunked_array([texts], kind))
    assert column.type == kind
    assert column.to_pylist() == [None if text is None else safe_text(text) for text in texts]


FORMULA = "=cmd|' /C calc'!A0"
MANIFEST = f'path,label,"{FORMULA}",n\n@a.png,{FORMULA},"+1,2",-1\n-b.png,"\tx",-2.5,-2\n'


def cells(text):
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


COMMANDS = [
    ("plan", "m.csv", "-g", "label", "-g", FORMULA, "-n", 2),
    ("stats", "m.csv", "-g", "label", "-g", FORMULA),
    ("split", "m.csv", "-q", "--shares", "=x=1,@y=1"),
    ("scan", ".", "--include", "*.png", "-q"),
    ("config",),
]


def test_every_command_that_writes_csv_has_the_option():
    has = {name for name, one in _Loaded().items() if "spreadsheet_safe" in one.options}
    assert has == {arguments[0] for arguments in COMMANDS}


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_no_cell_and_no_header_is_a_formula_and_numbers_stay(run, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BREVETTI_SAMPLE_IMAGE_COLUMN", FORMULA)
    Path("m.csv").write_text(MANIFEST)
    Path("=1").mkdir()
    Path("=1/@a.png").touch()
    exact, safe = (
        run(*arguments, "--format", "csv"),
        run(*arguments, "--format", "csv", "--spreadsheet-safe"),
    )
    assert (exact.code, safe.code) == (0, 0), safe.err
    before, after = cells(exact.text), cells(safe.text)
    assert after == [safe_text(cell) for cell in before]
    assert any(cell.startswith("=") for cell in before)
    assert all(cell[:1] not in tuple("=+-@\t\r") or NUMBER.fullmatch(cell) for cell in after)


@pytest.mark.parametrize("kind", ["jsonl", "table", "parquet"])
def test_it_is_for_csv(run, tmp_path, kind):
    result = run("plan", "-q", "-o", tmp_path / "o", "--format", kind, "--spreadsheet-safe")
    assert (result.code, result.err) == (
        2,
        f"error: --spreadsheet-safe is for CSV, and this is {kind}; leave it out, or pass "
        "--format csv\n",
    )


def test_in_python_too():
    manifest = bs.read_manifest([{"a": FORMULA, "b": -1}])
    bound = bs.make_plan(manifest, "a").bind(manifest)
    texts = []
    for safe in (False, True):
        stream = io.BytesIO()
        bs.write_draws(bound, stream, stop=1, format="csv", spreadsheet_safe=safe)
        texts.append(cells(stream.getvalue().decode())[6:])
    assert texts == [
        ["0", "0", "0", FORMULA, FORMULA, "-1"],
        ["0", "0", "0", *2 * ["'" + FORMULA], "-1"],
    ]
    with pytest.raises(bs.UsageError, match="spreadsheet_safe is for CSV alone"):
        bs.write_draws(bound, io.BytesIO(), format="jsonl", spreadsheet_safe=True)
