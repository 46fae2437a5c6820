"""Manifests from a store: an S3 server on this machine, as a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from brevetti_sample.images.read_bytes import SampleFiles
from support.program import ROOT

pytestmark = pytest.mark.slow

KEYS = [
    *(
        "data/good/a b.png",
        "data/good/caf\u00e9#?&+=@.png",
        "data/good/a%20b.png",
        "data/bad/x.PNG",
    ),
    *("data/top.txt", "data/.hidden/y.png", "data/bad/deep/z.png", "other/w.png"),
]


def ask(url, method="GET", data=None):
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


@pytest.fixture(scope="module")
def server():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        with contextlib.suppress(OSError):
            ask(f"{url}/moto-api/")
            break
        time.sleep(0.1)
    ask(f"{url}/bottles", "PUT")
    for key in KEYS:
        ask(f"{url}/bottles/{urllib.request.quote(key)}", "PUT", key.encode())
    ask(f"{url}/bottles/data/empty/", "PUT", b"")
    ask(f"{url}/bottles/data/bad/", "PUT", b"an object that marks a folder")
    yield url
    process.terminate()
    process.wait()


@pytest.fixture
def environment(server, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_bucket_is_listed_with_the_etags_of_its_objects(environment, run):
    result = run("scan", "s3://bottles/data", "--format", "jsonl")
    assert result.code == 0, result.err
    rows = [json.loads(line) for line in result.lines]
    keys = sorted(key for key in KEYS if key.startswith("data/") and "/." not in key)
    assert [(row["category"], row["folder"]) for row in rows] == [
        *[("deep", "bad/deep"), ("bad", "bad"), *[("good", "good")] * 3, (None, None)]
    ]
    for row, key in zip(rows, keys, strict=True):
        assert row["etag"] == hashlib.md5(key.encode()).hexdigest()
        assert row["size"] == len(key.encode())
        assert row["modified"][:2] == "20"
        assert row["path"].startswith("s3://bottles/data/")
        assert (
            SampleFiles(schemes=("s3",)).read(row["path"]) == key.encode()
        )  # the paths lead to the objects
    assert result.err == (
        "brevetti-sample: 6 files, 106 B, in 4 folders\n"
        "brevetti-sample: .png 5, .txt 1; take some of them with --include\n"
    )


def test_the_command_of_the_docs_makes_a_manifest(server, environment, run, tmp_path, monkeypatch):
    page = (ROOT / "docs" / "scan-and-split.md").read_text()
    [line] = re.findall(r"^brevetti-sample (scan s3://my-bucket.*)$", page, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    ask(f"{server}/my-bucket", "PUT")
    ask(f"{server}/my-bucket/bottles/good/1.bmp", "PUT", b"BM")
    assert run(*shlex.split(line)).err.endswith("1 file, 2 B, in 1 folder: manifest.parquet\n")
    assert run("plan", "manifest.parquet", "-n", 1, "-c", "path,etag").lines[1] == (
        f"0,0,0,(all),s3://my-bucket/bottles/good/1.bmp,{hashlib.md5(b'BM').hexdigest()}"
    )


def test_a_folder_of_a_bucket_is_given_with_options_and_patterns(server, run, monkeypatch):
    host = server.removeprefix("http://")
    uri = f"s3://key:secret@bottles/data/?endpoint_override={host}&scheme=http&region=us-east-1"
    result = run("scan", uri, "--include", "*.png", "--exclude", "good", "--no-etag")
    assert result.code == 0, result.err
    assert [line.split(",")[:4] for line in result.lines] == [
        ["category", "folder", "path", "size"],
        ["deep", "bad/deep", "s3://bottles/data/bad/deep/z.png", "19"],
        ["bad", "bad", "s3://bottles/data/bad/x.PNG", "14"],
    ]


@pytest.mark.parametrize(
    "uri, message",
    [
        (
            "s3://no-such-bucket/data",
            "'s3://no-such-bucket/data' cannot be listed: there is no such bucket; correct its name",
        ),
        (
            "s3://bottles/nothing",
            "'s3://bottles/nothing' cannot be listed: there is nothing; correct the path, which has to be "
            "that of a folder",
        ),
        (
            "s3://bottles/data/top.txt",
            "'s3://bottles/data/top.txt' cannot be listed: there is nothing; correct the path, which has to "
            "be that of a folder",
        ),
    ],
)
def test_what_is_not_there_is_told(environment, run, uri, message):
    result = run("scan", uri)
    assert (result.code, result.err, result.out) == (4, f"error: {message}\n", b"")


def test_no_server_is_told(run, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        result = run("scan", "s3://bottles/data")
    assert (result.code, result.err) == (
        4,
        "error: 's3://bottles/data' cannot be listed: there is no connection; check the network, "
        "AWS_ENDPOINT_URL and AWS_DEFAULT_REGION\n",
    )


def test_an_object_that_cannot_be_opened_is_an_error_or_skipped(environment, run, server):
    ask(f"{server}/bottles/odd//x.png", "PUT", b"x")
    ask(f"{server}/bottles/odd/y.png", "PUT", b"y")
    result = run("scan", "s3://bottles/odd", "-q", "--on-error", "skip")
    assert result.code == 6
    assert result.err == ("error: 1 file or folder was skipped, and 1 files are listed\n")
    assert [line.split(",")[2] for line in result.lines] == ["path", "s3://bottles/odd/y.png"]
    result = run("scan", "s3://bottles/odd")
    assert (result.code, result.err) == (
        4,
        "error: 's3://bottles/odd//x.png' cannot be listed: a part of its path is empty; fix it, "
        "or leave it out with --on-error skip\n",
    )
