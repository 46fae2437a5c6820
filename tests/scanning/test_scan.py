"""Manifests from folder trees: what is listed, in which order, with which facts."""

from __future__ import annotations

import hashlib
import os
import re
import socket

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import fs

from brevetti_sample import Scan, read_manifest, scan_folder
from brevetti_sample.errors import ManifestError, SampleFileError, UsageError
from brevetti_sample.scanning.open_tree import open_tree
from brevetti_sample.scanning.patterns import Patterns
from brevetti_sample.scanning.remote_tree import RemoteTree, explain, open_uri


def fill(root, *paths):
    for path in paths:
        place = os.path.join(root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as stream:
            stream.write(os.fsencode(path))
        os.utime(place, ns=(0, 1_600_000_000_123_456_789))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(source=".", **options):
    return scan_folder(source, **options).read(["path"]).column(0).to_pylist()


def test_a_row_is_a_file_with_its_folder_size_etag_and_time(here):
    fill("data", "top.txt", "good/1.png", "good/deep/2.png")
    manifest = scan_folder("data")
    table = manifest.read(manifest.columns)
    assert str(table.schema) == (
        "category: string\nfolder: string\npath: string\nsize: int64\netag: string\n"
        "modified: timestamp[us, tz=UTC]"
    )
    times = table.column("modified").cast(pa.int64()).to_pylist()
    assert times == [1_600_000_000_123_456] * 3
    assert table.drop_columns(["modified"]).to_pylist() == [
        {
            "category": category,
            "folder": folder,
            "path": f"data/{path}",
            "size": len(path),
            "etag": hashlib.md5(path.encode()).hexdigest(),
        }
        for category, folder, path in [
            ("good", "good", "good/1.png"),
            ("deep", "good/deep", "good/deep/2.png"),
            (None, None, "top.txt"),
        ]
    ]
    assert scan_folder("data", etag=False).columns == [
        *("category", "folder", "path", "size", "modified")
    ]


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=4
).filter(lambda name: name not in (".", ".."))
# Names that go on with what comes before or after a slash.
CLOSE = st.text("a!0", min_size=1, max_size=2)
PATHS = st.lists(NAMES | CLOSE, min_size=1, max_size=3).map("/".join)


@given(st.lists(PATHS, min_size=1, max_size=30, unique=True))
def test_the_order_is_that_of_the_code_points_of_the_paths(tmp_path_factory, paths):
    root = str(tmp_path_factory.mktemp("tree"))
    made = []
    for path in paths:
        try:
            fill(root, path)
        except OSError:  # a file where a folder is to be, or the other way round
            continue
        made.append(path)
    expected = sorted(set(made))
    assert listed(root, hidden=True, relative_to=root) == expected
    system = fs.LocalFileSystem()
    remote = RemoteTree(system, root, "mock://")
    there = [file.path for file in remote.files(Patterns(hidden=True), print, print)]
    assert there == expected


def test_paths_are_relative_if_the_tree_is_in_the_manifests_folder_and_whole_if_not(here):
    fill(here, "m/data/a", "other/b")
    (here / "link").symlink_to(here / "m" / "data")
    (here / "up").symlink_to(here / "m" / "data", target_is_directory=True)
    assert listed("m/data") == ["m/data/a"]
    assert listed("m/data", relative_to="m") == ["data/a"]
    assert listed("m/data/", relative_to="m/data") == ["a"]
    assert listed("./m//data", relative_to=here / "m") == ["data/a"]
    assert listed("other", relative_to="m") == [f"{here}/other/b"]
    assert listed("m/data", relative_to=None) == [f"{here}/m/data/a"]
    assert listed(here / "m", relative_to="mm") == [f"{here}/m/data/a"]
    assert listed("link", relative_to=".") == ["link/a"]
    assert listed("up/..", relative_to=".") == ["m/data/a"]
    assert listed("m/data", relative_to="/") == [str(here / "m/data/a")[1:]]
    assert listed(f"file://{here}/m/data") == ["m/data/a"]


def test_patterns_fit_names_without_and_paths_with_a_slash_in_any_case(here):
    fill(here, "a/1.png", "a/2.PNG", "a/x.txt", "b/a/3.png", "b/raw/4.png", "b/.h/5.png", ".6.png")
    assert listed(include=["*.png"]) == ["a/1.png", "a/2.PNG", "b/a/3.png", "b/raw/4.png"]
    assert listed(include=["a"]) == ["a/1.png", "a/2.PNG", "a/x.txt", "b/a/3.png"]
    assert listed(include=["b/*"], exclude=["RAW"]) == ["b/a/3.png"]
    assert listed(include=["/b/raw/"]) == ["b/raw/4.png"]
    assert listed(include=["*.txt", "[12].p?g"]) == ["a/1.png", "a/2.PNG", "a/x.txt"]
    assert listed(exclude=["b/a", "*.txt"]) == ["a/1.png", "a/2.PNG", "b/raw/4.png"]
    assert listed(include=["*.png"], hidden=True, exclude=["a"]) == [
        *(".6.png", "b/.h/5.png", "b/raw/4.png")
    ]
    local = open_tree(".", ".", ())
    remote = RemoteTree(fs.LocalFileSystem(), str(here), "mock://")
    for patterns in (Patterns(["a"], ["*.txt"]), Patterns(["b/*"], ["b/.h"], hidden=True)):
        assert list(remote.files(patterns, print, id)) == [
            file._replace(
                facts=next(
                    f.facts for f in remote.files(patterns, print, id) if f.path == file.path
                )
            )
            for file in local.files(patterns, print, id)
        ]


ODD = [
    *("new\nline.png", "car\rriage.png", 'quo"te.png', "com,ma.png", " space .png", "tab\t.png"),
    *("caf\u00e9.png", "cafe\u0301.png", "\u65e5\u672c.png", "\U0001f600.png", "\x1b[31mred.png"),
    *("-o.png", "%20.png", "#1.png", "a?b*c[d].png", "back\\slash.png", "\u202eright.png"),
    *("n" * 255, "007.png", "NA", "(missing)"),
]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_odd_names_come_through_whole(here, run, format):
    fill("data", *(f"x/{name}" for name in ODD), *(f"{name[:250]}d/x" for name in ODD))
    result = run("scan", "data", "-o", f"m.{format}")
    assert (result.code, result.out) == (0, b"")
    expected = sorted([f"x/{name}" for name in ODD] + [f"{name[:250]}d/x" for name in ODD])
    if format == "jsonl":
        import json

        rows = [json.loads(line) for line in (here / "m.jsonl").read_bytes().splitlines()]
    else:
        manifest = read_manifest(f"m.{format}")
        rows = manifest.read(["path", "folder", "etag"]).to_pylist()
    assert [row["path"] for row in rows] == [f"data/{path}" for path in expected]
    for row in rows:
        assert row["folder"] == row["path"].split("/")[1]
        assert row["etag"] == hashlib.md5(row["path"][5:].encode()).hexdigest()


def test_names_that_are_no_text_are_refused_or_skipped_and_told(here):
    fill(b"data", b"a/1", b"a/\xff2", b"\xfe/3")
    with pytest.raises(SampleFileError) as error:
        scan_folder("data")
    assert str(error.value) == (
        r"'data/\\xfe' cannot be listed: its name is not UTF-8; fix it, or leave it out with "
        "on_error='skip'"
    ).replace("\\\\", "\\")
    scan = Scan("data", on_error="skip")
    assert [row["path"] for table in scan.tables() for row in table.to_pylist()] == ["data/a/1"]
    assert [tuple(map(ascii, missed)) for missed in scan.missed] == [
        (r"'data/\udcfe'", "'its name is not UTF-8'"),
        (r"'data/a/\udcff2'", "'its name is not UTF-8'"),
    ]
    os.chdir(b"data/\xfe")
    assert listed(".") == ["3"]
    with pytest.raises(SampleFileError, match="its path is not UTF-8; rename the folder"):
        listed(".", relative_to=None)


def test_links_are_followed_but_not_round_in_circles(here):
    fill(here, "data/a/1", "else/2")
    (here / "data/a/up").symlink_to(here / "data")
    (here / "data/a/self").symlink_to(here / "data/a")
    (here / "data/b").symlink_to(here / "else")
    (here / "data/one").symlink_to(here / "else/2")
    assert listed("data") == ["data/a/1", "data/b/2", "data/one"]
    (here / "data/knot").symlink_to("knot")
    (here / "data/nowhere").symlink_to("gone")
    with pytest.raises(SampleFileError) as error:
        listed("data")
    assert re.fullmatch(
        r"'data/(knot' cannot be listed: Too many levels of symbolic links|nowhere' cannot be listed: "
        r"its link leads nowhere); fix it, or leave it out with on_error='skip'",
        str(error.value),
    )
    scan = Scan("data", on_error="skip")
    assert sum(table.num_rows for table in scan.tables()) == 3
    assert sorted(scan.missed) == [
        ("data/knot", "Too many levels of symbolic links"),
        ("data/nowhere", "its link leads nowhere"),
    ]


def test_pipes_and_sockets_are_no_samples(here):
    fill(here, "data/1")
    os.mkfifo("data/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("data/socket")
        assert listed("data") == ["data/1"]


def test_folders_and_files_that_cannot_be_read_are_errors_or_skipped(here, monkeypatch):
    fill(here, "data/a/1", "data/b/2", "data/c/3")
    real = {"scandir": os.scandir, "open": os.open, "stat": os.stat}

    def refuse(name, place):
        def call(path, *rest, **more):
            if path == place:
                raise PermissionError(13, "Permission denied", path)
            return real[name](path, *rest, **more)

        monkeypatch.setattr(os, name, call)

    refuse("scandir", "./data/a")
    refuse("open", "./data/b/2")
    for _ in range(2):
        with pytest.raises(SampleFileError) as error:
            listed(".")
        assert str(error.value) == (
            "'./data/a' cannot be listed: Permission denied; fix it, or leave it out with "
            "on_error='skip'"
        )
    scan = Scan(".", on_error="skip")
    assert [row["path"] for table in scan.tables() for row in table.to_pylist()] == ["data/c/3"]
    assert scan.missed == [
        ("./data/a", "Permission denied"),
        ("./data/b/2", "Permission denied"),
    ]


def test_a_file_that_goes_while_it_is_listed_is_one_that_cannot_be_read(here):
    fill(here, "data/1", "data/2")
    scan = Scan("data", on_error="skip")
    files = scan._tree.files
    scan._tree.files = lambda *rest: (
        os.remove("data/1") or f if f.path == "1" else f for f in files(*rest)
    )
    assert sum(table.num_rows for table in scan.tables()) == 1
    assert scan.missed == [("data/1", "No such file or directory")]


def test_many_files_come_in_several_tables_and_the_progress_is_told(here, monkeypatch):
    monkeypatch.setattr("brevetti_sample.scanning.scan._TABLE_ROWS", 100)
    fill(here, *(f"data/{i % 7}/{i:04d}" for i in range(1234)))
    told = []
    scan = Scan("data")
    tables = list(scan.tables(told.append))
    assert [table.num_rows for table in tables] == [100] * 12 + [34]
    assert told[-1] == (1232, 1232 * 11)
    assert (scan.files, scan.bytes) == (1234, 1234 * 11)
    assert scan.folders == {
        str(i): (1234 // 7 + (i < 2), 11 * (1234 // 7 + (i < 2))) for i in range(7)
    }
    paths = [path for table in tables for path in table.column("path").to_pylist()]
    assert paths == sorted(paths)


BAD = [
    ("daata", {}, SampleFileError, "folder 'daata' does not exist; did you mean 'data'?"),
    (
        "nothing/like/it",
        {},
        SampleFileError,
        "folder 'nothing/like/it' does not exist; name a folder of samples, or s3://BUCKET/FOLDER",
    ),
    (
        "data/a/1.png",
        {},
        SampleFileError,
        "'data/a/1.png' is not a folder; name the folder that it is in",
    ),
    ("", {}, UsageError, "the folder has no name; use . for the current one"),
    (
        "data/empty",
        {},
        ManifestError,
        "'data/empty' has no file in it; name the folder with the samples",
    ),
    (
        "data",
        {"include": ["*.jpg", "*.bmp"]},
        ManifestError,
        "'data' has no file that matches '*.jpg', '*.bmp' of include; there are .png 2, without suffix 1",
    ),
    (
        "data",
        {"exclude": ["*"]},
        ManifestError,
        "'data' has only files that are hidden or excluded; take hidden ones with hidden=True; there are "
        "folders 2",
    ),
    (
        "data/a",
        {"exclude": ["*.png"]},
        ManifestError,
        "'data/a' has only files that are hidden or excluded; take hidden ones with hidden=True; there "
        "are .png 2, without suffix 1",
    ),
    (
        "data",
        {"on_error": "ignore"},
        UsageError,
        "on_error 'ignore' is unknown; use 'fail', 'skip'",
    ),
    (
        "ftp://host/x",
        {},
        SampleFileError,
        "'ftp://host/x' cannot be listed: such a URI is not known; use one of s3, gs, abfs or hdfs",
    ),
    ("s3://", {}, UsageError, "'s3://' has no bucket; write s3://BUCKET/FOLDER"),
    ("S3:///x", {}, UsageError, "'s3:///x' has no bucket; write s3://BUCKET/FOLDER"),
    ("s3://key:secret@", {}, UsageError, "'s3://' has no bucket; write s3://BUCKET/FOLDER"),
    ("gs://", {}, UsageError, "'gs://' has no bucket; write gs://BUCKET/FOLDER"),
    (
        "file://",
        {},
        SampleFileError,
        "'file://' cannot be listed: File URI cannot be relative: 'file://'",
    ),
    (
        "https://host/x y",
        {},
        SampleFileError,
        "'https://host/x%20y' cannot be listed: such a URI is not known; use one of s3, gs, abfs or hdfs",
    ),
]


@pytest.mark.parametrize("source, options, kind, message", BAD, ids=lambda value: str(value)[:30])
def test_what_cannot_be_scanned_is_told(here, source, options, kind, message):
    fill(here, "data/a/1.png", "data/a/2.png", "data/a/.hidden")
    (here / "data/empty").mkdir()
    with pytest.raises(kind) as error:
        scan_folder(source, **options)
    assert str(error.value) == message


def test_the_etag_of_a_store_is_taken_and_where_it_has_none_the_content_is_hashed(here):
    fill(here, "data/1")

    class Store:
        def __init__(self, metadata):
            self.system, self.metadata = fs.LocalFileSystem(), lambda: metadata

        def get_file_info(self, selector):
            return self.system.get_file_info(selector)

        def open_input_stream(self, path, compression):
            stream = self.system.open_input_stream(path, compression=compression)
            self.__enter__, self.read = stream.__enter__, stream.read
            return self

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    for metadata, etag in (
        ({"Content-Length": b"1", "ETag": b'"0123-2"'}, "0123-2"),
        ({"etag": b"CJ+="}, "CJ+="),
        ({"Content-Length": b"1"}, hashlib.md5(b"data/1").hexdigest()),
        (None, hashlib.md5(b"data/1").hexdigest()),
    ):
        tree = RemoteTree(Store(metadata), "data", "mock://data")
        [file] = tree.files(Patterns(), print, print)
        assert tree.facts(file, etag=True).etag == etag
        assert tree.facts(file, etag=False).etag is None


def test_the_scheme_of_a_uri_may_be_in_capitals_and_the_rest_is_as_written():
    system, path, base = open_uri("S3://Bucket/A b?region=us-east-1")
    assert (system.type_name, path, base) == ("s3", "Bucket/A b", "s3://Bucket/A%20b")
    system, path, _ = open_uri("FILE:///A")
    assert (system.type_name, path) == ("local", "/A")


def test_secrets_of_a_uri_are_not_in_the_paths():
    _, path, base = open_uri("s3://key:secret@bucket/folder/?region=us-east-1&scheme=http")
    assert (path, base) == ("bucket/folder", "s3://bucket/folder")


@pytest.mark.parametrize(
    "text, said",
    [
        (
            "When listing objects under key 'x/' in bucket 'b': AWS Error ACCESS_DENIED during "
            "ListObjectsV2 operation: Access Denied (Request ID: 1)",
            "access is denied; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, of "
            "one who may list and read it",
        ),
        (
            "When listing: AWS Error UNKNOWN (HTTP status 301) during ListObjectsV2 operation: "
            "Unable to parse ExceptionName: PermanentRedirect Message: HTTP response code 301",
            "the bucket is in another region; set AWS_DEFAULT_REGION to it",
        ),
        (
            "When resolving region for bucket 'b': AWS Error NETWORK_CONNECTION during HeadBucket "
            "operation: curlCode: 6",
            "there is no connection; check the network, AWS_ENDPOINT_URL and AWS_DEFAULT_REGION",
        ),
        (
            "google::cloud::Status(UNAVAILABLE: Could not create a OAuth2 access token",
            "there are no credentials; set up those of the store's own tools",
        ),
        ("first line\nsecond", "first line"),
        ("x" * 300, "x" * 199 + "\u2026"),
        ("", "OSError"),
    ],
)
def test_what_a_store_says_is_told_in_a_few_words(text, said):
    assert explain(OSError(text)) == said
