"""A URI where a local path is expected is refused, and nothing is read or written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import brevetti_sample as bs
from brevetti_sample.cli.lazy_group import COMMANDS, _Loaded
from brevetti_sample.files.local_path import local_path

URIS = [
    "s3://bucket/a.csv",
    "S3://bucket/a.csv",
    "gs://bucket/*.csv",
    "az://c/a",
    "abfs://c@account/a",
    "http://host/a.csv",
    "https://host/a.csv",
    "hdfs://host/a",
    "file:///tmp/a.csv",
    "file://localhost/tmp/a.csv",
    "made-up+1.0://a/b",
    "simplecache::s3://bucket/a",
]


def path_options():
    """Every option and argument of every command that takes a path."""
    for name, command in _Loaded().items():
        for option in command.options.values():
            path = option.metavar.strip("[].") in ("FILE", "DIR", "MANIFEST", "GROUP=N,...|FILE")
            if path and (name, option.field) != ("scan", "source"):
                yield name, option


OPTIONS = list(path_options())


def test_every_option_with_a_path_has_a_role():
    assert len({name for name, _ in OPTIONS}) == len(COMMANDS) - 1  # not config
    assert [option.field for _, option in OPTIONS if not option.kind.role] == []


@pytest.mark.parametrize("uri", ["s3://bucket/a.csv", "FILE:///tmp/a", "a.b::made-up://c"])
@pytest.mark.parametrize("name, option", OPTIONS, ids=lambda v: getattr(v, "field", v))
def test_a_uri_is_refused_in_one_line_and_nothing_is_written(
    run, tmp_path, monkeypatch, name, option, uri
):
    monkeypatch.chdir(tmp_path)
    given = [uri] if option.is_argument else [option.flag, uri]
    needed = {"scan": ["."], "verify": []}.get(name, [])
    if option.field == "image_root":
        needed = ["--image-column", "path"]
    if name in ("plan", "stats") and option.field == "output":
        needed = ["--format", "csv"]
    if name == "split" and option.field == "output":
        needed = ["--format", "csv"]
    if name == "scan":
        needed = [".", "--format", "csv"]
    result = run(name, *needed, *given)
    assert (result.code, result.out) == (2, b""), result.err
    spelled = "MANIFEST" if option.field == "manifest" else option.flag
    spelled = "DIR" if option.is_argument and name == "verify" else spelled
    assert result.err.startswith(f"error: {spelled} '{uri}' is a URI; ")
    assert result.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["manifest", "weights", "image-root"])
def test_a_uri_from_the_environment_or_a_file_is_refused_with_its_origin(
    run, tmp_path, monkeypatch, key
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BREVETTI_SAMPLE_IMAGE_COLUMN", "path")
    Path("brevetti-sample.toml").write_text(f'{key} = "s3://bucket/a"\n')
    result = run("report", "-q")
    assert result.code == 2
    assert result.err.endswith(f"is a URI; name a local path ({key} of brevetti-sample.toml:1)\n")
    assert os.listdir() == ["brevetti-sample.toml"]


def test_a_configuration_at_a_uri_is_refused(run, monkeypatch):
    monkeypatch.setenv("BREVETTI_SAMPLE_CONFIG", "s3://bucket/a.toml")
    result = run("config")
    assert (result.code, result.out) == (2, b"")
    assert "BREVETTI_SAMPLE_CONFIG: 's3://bucket/a.toml' is a URI" in result.err


def bound():
    manifest = bs.read_manifest([{"path": "a.png"}])
    return bs.make_plan(manifest).bind(manifest)


CALLS = {
    "read_manifest": bs.read_manifest,
    "several manifests": lambda uri: bs.read_manifest([uri, uri]),
    "scan_folder relative_to": lambda uri: bs.scan_folder(".", relative_to=uri),
    "write_draws": lambda uri: bs.write_draws(bound(), uri, format="csv"),
    "export_tfrecord": lambda uri: bs.export_tfrecord(bound(), folder=uri),
    "ExportOptions": lambda uri: bs.ExportOptions(image_root=uri),
    "make_report": lambda uri: bs.make_report(bound(), image_column="path", image_root=uri),
    "verify_export": bs.verify_export,
}


@pytest.mark.parametrize("uri", [*URIS, Path("s3://bucket/a"), Path("file:///tmp/a")], ids=str)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_in_python_too_also_of_a_path_that_was_a_uri(tmp_path, monkeypatch, call, uri):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(bs.UsageError, match="is a URI; ") as caught:
        call(uri)
    assert caught.value.parameter is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.tensorflow
def test_a_data_set_of_an_export_at_a_uri_is_refused():
    with pytest.raises(bs.UsageError, match="is a URI"):
        bs.read_tfrecord_dataset("gs://bucket/export")


def test_a_single_slash_is_a_local_path_and_so_is_a_folder_before_it(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s3:/b").mkdir(parents=True)
    for output in ("s3:/b/o.csv", "./s3://b/p.csv"):
        assert run("plan", "-q", "-n", 1, "-o", output).code == 0
    assert sorted(os.listdir("s3:/b")) == ["o.csv", "p.csv"]


def test_a_file_uri_is_answered_with_its_path_and_secrets_are_not_repeated():
    with pytest.raises(bs.UsageError, match=r"write the path, '/tmp/a b'$"):
        local_path("file:///tmp/a b", "folder")
    with pytest.raises(bs.UsageError, match=r"'s3://\.\.\.@bucket/a' is a URI"):
        local_path("s3://key:secret@bucket/a", "folder")


def test_a_scan_still_takes_uris(run, tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    result = run("scan", tmp_path.as_uri(), "--format", "csv", "-q")
    assert (result.code, len(result.lines)) == (0, 2)
