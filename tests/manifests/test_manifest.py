"""Reading manifests."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from brevetti_sample.errors import ColumnError, ManifestError
from brevetti_sample.manifests.manifest import bundled_manifest, read_manifest

TABLE = pa.table({"folder": ["good", None, "", "NA"], "id": ["007", "8", "9", "10"]})
CSV = b'folder,id\ngood,007\n,8\n"",9\nNA,10\n'


def content(manifest):
    return manifest.read(manifest.columns).to_pydict()


def write(path, data):
    path.write_bytes(data)
    return path


def test_text_stays_text():
    assert content(read_manifest(CSV)) == TABLE.to_pydict()


def test_an_empty_field_is_missing_and_a_quoted_one_is_empty():
    assert content(read_manifest(CSV))["folder"] == ["good", None, "", "NA"]


@pytest.mark.parametrize(
    "values, kind",
    [
        (["1", "-20", "9223372036854775807"], pa.int64()),
        (["1", "", "3"], pa.int64()),
        (["1", "007"], pa.string()),
        (["1", "+2"], pa.string()),
        (["-0"], pa.string()),
        (["1", "1.0"], pa.string()),
        (["1", "9223372036854775808"], pa.string()),
        (["1", "0x10"], pa.string()),
        (["1", " 2"], pa.string()),
        (["", ""], pa.string()),
        (["true"], pa.string()),
    ],
)
@pytest.mark.parametrize("dictionary", [(), ("a",)])
def test_a_csv_column_is_of_integers_only_if_that_loses_nothing(values, kind, dictionary):
    data = "\n".join(["a,b", *(f"{value},x" for value in values)]).encode()
    column = read_manifest(data).read(["a"], dictionary=dictionary).column("a")
    assert (column.type.value_type if dictionary else column.type) == kind
    assert [None if v is None else str(v) for v in column.to_pylist()] == [
        v or None for v in values
    ]


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]))), st.text("0a-")
        ),
        min_size=1,
    )
)
def test_csv_with_anything_in_its_fields_is_read_as_it_was_written(rows):
    def field(value):
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    data = "a,b,c\n" + "".join(f"{field(a)},{field(b)},x\n" for a, b in rows)
    table = read_manifest(data.encode()).read(["a", "b"])
    assert [None if v is None else str(v) for v in table.column("a").to_pylist()] == [
        a for a, _ in rows
    ]
    assert [str(v) for v in table.column("b").to_pylist()] == [b for _, b in rows]


@pytest.mark.parametrize(
    "suffix", [".csv", ".csv.gz", ".csv.zst", ".parquet", ".pq", ".CSV", ".txt"]
)
def test_each_format_is_told_by_its_suffix_or_its_first_bytes(tmp_path, suffix):
    path = tmp_path / f"manifest{suffix}"
    if suffix in (".parquet", ".pq"):
        pq.write_table(TABLE, path)
    elif suffix == ".csv.zst":
        with pa.output_stream(path, compression="zstd") as stream:
            stream.write(CSV)
    else:
        write(path, gzip.compress(CSV) if suffix == ".csv.gz" else CSV)
    assert content(read_manifest(path)) == TABLE.to_pydict()
    assert content(read_manifest(path.read_bytes())) == TABLE.to_pydict()


def test_a_byte_order_mark_and_windows_line_ends_are_fine():
    assert content(read_manifest(b"\xef\xbb\xbfa,b\r\n1,x\r\n")) == {"a": [1], "b": ["x"]}


def test_line_ends_inside_of_quotes_are_no_rows_wherever_the_file_is_cut_into_blocks():
    rows = 800_000
    data = b"a,b\n" + b"".join(b'"%d\n,\n",x\n' % number for number in range(rows))
    assert len(data) > 2 * (1 << 22)
    column = read_manifest(data).read(["a"]).column("a")
    assert len(column) == rows
    assert column[rows // 2].as_py() == f"{rows // 2}\n,\n"


def test_several_files_a_folder_and_a_pattern_are_read_in_order(tmp_path):
    for name in "cab":
        (tmp_path / "in").mkdir(exist_ok=True)
        pq.write_table(pa.table({"a": [name]}), tmp_path / "in" / f"{name}.parquet")
    write(tmp_path / "in" / "_hidden.parquet", b"no")
    write(tmp_path / "in" / "notes.txt", b"no")
    paths = [tmp_path / "in" / f"{name}.parquet" for name in "cab"]
    assert content(read_manifest(paths)) == {"a": ["c", "a", "b"]}
    assert content(read_manifest(tmp_path)) == {"a": ["a", "b", "c"]}
    assert content(read_manifest(f"{tmp_path}/**/[bc].parquet")) == {"a": ["b", "c"]}


def test_a_parquet_file_of_many_row_groups_is_read_in_order(tmp_path):
    values = [f"{number % 7}" for number in range(1000)]
    pq.write_table(pa.table({"a": values}), tmp_path / "a.parquet", row_group_size=30)
    manifest = read_manifest(tmp_path / "a.parquet")
    assert manifest.read(["a"], dictionary=["a"]).column("a").to_pylist() == values
    assert manifest.rows == 1000


@pytest.mark.parametrize(
    "source",
    [
        pa.table({"a": [1, 2]}),
        pd.DataFrame({"a": [1, 2]}),
        [{"a": 1}, {"a": 2}],
    ],
    ids=["arrow", "pandas", "dictionaries"],
)
def test_tables_in_memory_are_manifests_too(source):
    manifest = read_manifest(source)
    assert content(manifest) == {"a": [1, 2]}
    assert len(manifest.fingerprint()) == 64
    assert read_manifest(manifest) is manifest


def test_the_fingerprint_of_a_table_is_that_of_its_rows_in_one_batch():
    table = pa.table(
        {
            "number": range(5),
            "text": ["a", None, "ä", "", "b"],
            "class": pa.array(["x", "y", "x", "x", None]).dictionary_encode(),
            "list": [[1.5], [], None, [2.5, 3.5], [4.5]],
        }
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    wanted = hashlib.sha256(sink.getvalue()).hexdigest()
    pieces = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    assert [read_manifest(t).fingerprint() for t in (table, pieces)] == [wanted, wanted]


def test_only_the_columns_that_are_asked_for_are_read():
    manifest = read_manifest(b"a,b\n1,\xff\n")
    assert manifest.read(["a"]).to_pydict() == {"a": [1]}
    with pytest.raises(ManifestError):
        manifest.read(["b"])


def test_the_fingerprint_is_the_sha256_of_the_file_or_of_those_of_the_files(tmp_path):
    one, other = write(tmp_path / "1.csv", CSV), write(tmp_path / "2.csv", CSV + CSV[10:])
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (one, other)]
    assert read_manifest(one).fingerprint() == read_manifest(CSV).fingerprint() == digests[0]
    joined = hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()
    assert read_manifest([one, other]).fingerprint() == joined


def test_a_named_pipe_is_read_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(CSV,))
    writer.start()
    assert content(read_manifest(pipe)) == TABLE.to_pydict()
    writer.join()


def test_the_bundled_listing_has_180_bottles():
    manifest = bundled_manifest()
    assert manifest.rows == 180
    assert manifest.columns[:3] == ["category", "folder", "path"]


PARQUET_BYTES = pa.BufferOutputStream()
pq.write_table(
    pa.table({"a": ["x" * 50] * 999}),
    PARQUET_BYTES,
    compression=None,
    use_dictionary=False,
    write_page_checksum=True,
)
PARQUET_BYTES = PARQUET_BYTES.getvalue().to_pybytes()
ICONV = "convert the file, e.g. with iconv -f LATIN1 -t UTF-8"


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "the data is empty: expected a header line and a row a sample"),
        (b"\n\n", "the data is empty: expected a header line and a row a sample"),
        (b"a,b\n", "the data is empty: it has a header, but no row"),
        (
            b"a,b\n1,2\n3\n",
            "the data line 3 has 1 field, the header has 2; quote fields that hold "
            "commas, or fix the line",
        ),
        (
            b'a,b\n"x\ny",2\n3,4,5\n',
            "the data line 4 has 3 fields, the header has 2; quote fields "
            "that hold commas, or fix the line",
        ),
        (b"a,b\n1,2\n3,caf\xe9\n", f"the data line 3, column 'b' is not UTF-8; {ICONV}"),
        (b"a,\xe9\n1,2\n", f"the data line 1 is not UTF-8; {ICONV}"),
        ("a,b\n1,2\n".encode("utf-16"), f"the data line 1 is not UTF-8; {ICONV}"),
        (
            b'a,b\n1,x\n2,"y\n3,z\n',
            "the data line 3 opens a quote that is never closed; close or double it",
        ),
        (b"a,b", "the data is empty: it has a header, but no row"),
        (b"a,b,a\n1,2,3\n", "the data has more than one column 'a'; rename all but one"),
        (
            b"PAR1 and no more",
            "the data is not a Parquet file, or is damaged (Parquet magic bytes "
            "not found in footer. Either the file is corrupted or this is not a "
            "parquet file); write or copy it again",
        ),
    ],
)
def test_bad_data_is_refused_with_the_place(data, message):
    with pytest.raises(ManifestError) as caught:
        manifest = read_manifest(data)
        manifest.read(manifest.columns)
    assert str(caught.value) == message
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "BMP", "WebP", "TIFF"])
def test_an_image_is_no_manifest_whatever_its_name(tmp_path, name):
    Image.new("RGB", (5, 3)).save(tmp_path / "m.csv", format=name)
    data = (tmp_path / "m.csv").read_bytes()
    for source, called in ((tmp_path / "m.csv", f"'{tmp_path}/m.csv'"), (data, "the data")):
        with pytest.raises(ManifestError) as error:
            read_manifest(source)
        assert str(error.value) == (
            f"{called} is a {name} image, not a manifest; make a manifest of the folder of all "
            "images with brevetti-sample scan DIR"
        )


@pytest.mark.parametrize("column", ["BMI", "II", "MM", "GIF8", "RIFF, WEBP", "PNG", "BM"])
def test_a_header_that_begins_like_an_image_is_a_header(column):
    assert read_manifest(f'"{column}",b\n1,2\n'.encode()).columns == [column, "b"]
    plain = column.replace(",", ".")
    assert read_manifest(f"{plain},b\n1,2\n".encode()).columns == [plain, "b"]


def test_a_flipped_bit_in_a_parquet_page_with_a_checksum_is_found():
    damaged = bytearray(PARQUET_BYTES)
    damaged[1000] ^= 1
    with pytest.raises(ManifestError, match="^the data is not a Parquet file, or is damaged "):
        read_manifest(bytes(damaged)).read(["a"])


def test_a_gzip_file_that_was_cut_short_is_refused(tmp_path):
    path = write(tmp_path / "a.csv.gz", gzip.compress(CSV * 1000)[:-20])
    with pytest.raises(ManifestError, match=r"^'.*a\.csv\.gz' "):
        read_manifest(path).read(["folder"])


@pytest.mark.parametrize("name", ["b.csv", "manifst.csv", "nowhere/manifest.csv"])
def test_a_missing_file_is_refused_with_the_close_match(tmp_path, name):
    write(tmp_path / "manifest.csv", CSV)
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path / name)
    hint = "; give a CSV or Parquet file, a folder or a pattern"
    if name == "manifst.csv":
        hint = "; did you mean 'manifest.csv'?"
    assert str(caught.value) == f"file '{tmp_path}/{name}' does not exist{hint}"


def test_a_folder_without_manifests_is_refused(tmp_path):
    with pytest.raises(
        ManifestError, match=r"^folder '.*' has no \.parquet, .* file in it; .* scan$"
    ):
        read_manifest(tmp_path)


def test_a_column_of_several_csv_files_is_of_integers_only_if_it_is_in_all(tmp_path):
    paths = [write(tmp_path / f"{n}.csv", data) for n, data in enumerate((b"a\n1\n", b"a\n007\n"))]
    assert content(read_manifest(paths)) == {"a": ["1", "007"]}
    assert content(read_manifest([paths[0], paths[0]])) == {"a": [1, 1]}


def test_dictionaries_may_have_other_names_but_not_other_types():
    assert content(read_manifest([{"a": 1}, {"b": "x"}])) == {"a": [1, None], "b": [None, "x"]}
    with pytest.raises(ManifestError, match="^the dictionaries cannot be read as a table: "):
        read_manifest([{"a": 1}, {"a": "x"}])


def test_compressed_data_is_known_by_its_first_bytes_whatever_the_name(tmp_path):
    path = write(tmp_path / "a.csv", gzip.compress(CSV))
    assert content(read_manifest(path)) == TABLE.to_pydict()


def test_files_with_other_columns_or_types_are_refused(tmp_path):
    one, other = tmp_path / "1.parquet", tmp_path / "2.parquet"
    pq.write_table(pa.table({"a": [1], "b": [1]}), one)
    pq.write_table(pa.table({"a": [1]}), other)
    with pytest.raises(ManifestError, match="do not both have 'b'; the files of a manifest"):
        read_manifest([one, other])
    pq.write_table(pa.table({"a": ["x"], "b": [1]}), other)
    with pytest.raises(ManifestError, match="column 'a' is string, but int64 in '.*1.parquet'"):
        read_manifest([one, other]).read(["a"])


def test_missing_columns_are_all_named():
    with pytest.raises(ColumnError) as caught:
        read_manifest(CSV).read(["x", "folder", "y"])
    assert str(caught.value) == "the data has no column 'x', 'y'; its columns are 'folder', 'id'"


def test_what_is_no_manifest_is_refused():
    with pytest.raises(ManifestError, match="^the list is empty"):
        read_manifest([])
    with pytest.raises(
        ManifestError, match="^a manifest must be a path, paths, bytes, a table or "
    ):
        read_manifest([1, 2])
