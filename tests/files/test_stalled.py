"""Servers that accept and never answer, answer drop by drop, or hang up: given up, and said so."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

from brevetti_sample import scan_folder
from brevetti_sample.errors import SampleFileError
from brevetti_sample.files import patience
from brevetti_sample.images.read_bytes import SampleFiles

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 5000\r\n\r\n"
LISTING = (
    b'<?xml version="1.0"?><ListBucketResult><Name>b</Name><Prefix>x/</Prefix><KeyCount>1</KeyCount>'
    b"<IsTruncated>false</IsTruncated><Contents><Key>x/a.png</Key><Size>1</Size>"
    b"<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>"
)
KINDS = ("silent", "head by drops", "body by drops", "half", "reset", "busy")
LOOK_SECONDS = 7
QUICK = ("reset", "busy")
# Of a listing that comes by drops nobody can tell that it hardly gets on: it is waited for.
GIVEN_UP = tuple(kind for kind in KINDS if kind != "body by drops")


def drops(connection, data=itertools.repeat(b"X")):
    for drop in data:
        connection.sendall(drop)
        time.sleep(0.1)


def answer(connection, kind, request):
    """Answer a request as such a server does; the connection is closed afterwards."""
    if kind == "silent":
        connection.recv(1)
    elif kind == "head by drops":
        drops(connection, itertools.chain([HEAD[:17]], itertools.repeat(b"X")))
    elif kind == "body by drops":
        connection.sendall(HEAD)
        drops(connection)
    elif kind == "half":
        connection.sendall(HEAD + bytes(100))
        connection.recv(1)
    elif kind == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif kind == "busy":
        connection.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n")
    elif request.startswith(b"GET"):  # "lists": it knows a file that it says nothing about
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(LISTING)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + LISTING)
    elif b"/x " in request:
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    else:
        connection.recv(1)


@contextlib.contextmanager
def server(kind):
    """A server of that kind; its host and port, and the requests that it has had."""
    requests = []

    def serve(connection):
        with connection, contextlib.suppress(OSError):
            request = connection.recv(1 << 16)
            requests.append(request)
            answer(connection, kind, request)

    def listen():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=[sock.accept()[0]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as sock:
        threading.Thread(target=listen, daemon=True).start()
        yield f"127.0.0.1:{sock.getsockname()[1]}", requests
        sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def hurry(monkeypatch):
    """A minute passes in a second and a half; a store's client counts in whole seconds."""
    monkeypatch.setattr(patience, "WINDOW_SECONDS", 1.5)
    monkeypatch.setattr(patience, "TELL_SECONDS", 0.5)
    monkeypatch.setattr(patience, "REQUEST_SECONDS", 1.0)
    monkeypatch.setattr(patience, "ATTEMPTS", 1)


def uri(host, path="b/x"):
    return f"s3://key:secret@{path}?endpoint_override={host}&scheme=http&region=us-east-1"


@pytest.mark.parametrize("kind", KINDS)
def test_a_web_server_is_given_up_in_the_window_and_waited_for_aloud(hurry, kind, caplog):
    with server(kind) as (host, requests):
        begin = time.monotonic()
        with pytest.raises(SampleFileError, match=r"^'http://.*/a.png' cannot be read: ") as caught:
            SampleFiles(schemes=("http",)).read(f"http://{host}/a.png")
        seconds = time.monotonic() - begin
    assert len(requests) == 1
    if kind in QUICK:
        assert caplog.messages == []
    else:
        assert 1.4 < seconds < 5
        assert "it sent less than 64 KiB in 1.5 seconds" in str(caught.value)
        assert caplog.messages == [
            f"waiting for 'http://{host}/a.png', for 0.5 seconds so far; without an answer it is "
            "given up after 1.5"
        ]


def test_a_web_server_that_is_slow_but_gets_on_is_waited_for(hurry, monkeypatch, caplog):
    monkeypatch.setattr(patience, "WINDOW_BYTES", 1000)
    parts = [b"HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n", *[b"a" * 1000] * 30]
    monkeypatch.setitem(globals(), "answer", lambda connection, *_: drops(connection, parts))
    with server("slow") as (host, _):
        data = SampleFiles(schemes=("http",)).read(f"http://{host}/a.png")
    assert (data, len(caplog.messages)) == (b"a" * 30000, 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", GIVEN_UP)
def test_a_store_is_given_up_in_the_window_and_waited_for_aloud(hurry, kind, run):
    with server(kind) as (host, requests):
        begin = time.monotonic()
        result = run("scan", uri(host))
        seconds = time.monotonic() - begin
    assert (result.code, result.out) == (4, b"")
    assert len(requests) <= 3
    *waiting, error = result.err.splitlines()
    assert error.startswith("error: 's3://b/x' cannot be listed: ")
    assert "secret" not in result.err
    if kind not in QUICK:
        assert 0.9 < seconds < 2 + LOOK_SECONDS
        assert waiting == [
            "brevetti-sample: waiting for 's3://b/x', for 0.5 seconds so far; without an answer it is "
            "given up after 1.5"
        ]
        assert "there is no answer, though it was asked several times; check" in error


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["fail", "skip"])
def test_a_store_that_no_longer_answers_for_its_objects_is_given_up(hurry, run, policy):
    with server("lists") as (host, requests):
        result = run("scan", uri(host), "--on-error", policy)
    assert (result.code, result.out) == (4, b"")
    assert any(b"HEAD /b/x/a.png" in request for request in requests)
    assert result.err.splitlines()[-1].startswith(
        "error: 's3://b/x' cannot be listed: there is no answer"
    )
    assert result.err.count("waiting for 's3://b/x'") == 1


@pytest.mark.slow
def test_an_object_of_a_store_that_does_not_answer_is_given_up(hurry, caplog):
    with server("silent") as (host, _), pytest.raises(SampleFileError, match="cannot be read: "):
        SampleFiles(schemes=("s3",)).read(uri(host, "b/a.png"))
    assert [message.split(",")[0] for message in caplog.messages] == ["waiting for 's3://b/a.png'"]


def test_the_window_is_that_of_a_minute():
    # The client looks at the bytes of the last seconds: what began to come, it waits for longer.
    tries = patience.ATTEMPTS * (patience.REQUEST_SECONDS + LOOK_SECONDS)
    pauses = sum(2**n for n in range(patience.ATTEMPTS - 1))  # at most, as the client has them
    assert tries + pauses <= patience.WINDOW_SECONDS == 60


def test_the_library_tells_its_logger_and_says_nothing_on_its_own(hurry, caplog, capfd):
    with server("silent") as (host, _), pytest.raises(SampleFileError):
        scan_folder(uri(host))
    assert {record.name for record in caplog.records} == {"brevetti_sample"}
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert capfd.readouterr().out == ""


def test_what_a_patient_call_raises_is_raised(hurry):
    with pytest.raises(TimeoutError, match="^mine$"):
        patience.patiently(lambda: exec("raise TimeoutError('mine')"), "it", 9)
    with pytest.raises(TimeoutError, match="^there was no answer for 1 seconds$"):
        patience.patiently(lambda: time.sleep(3), "it", 1)


@pytest.mark.slow
def test_a_wait_for_a_server_can_be_interrupted():
    with server("silent") as (host, requests):
        process = subprocess.Popen(
            [sys.executable, "-m", "brevetti_sample", "scan", uri(host)],
            env=os.environ | {"BREVETTI_SAMPLE_CONFIG": os.devnull},
            stderr=subprocess.PIPE,
        )
        while not requests:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        _, err = process.communicate(timeout=20)
    assert time.monotonic() - begin < 3
    assert (process.returncode, err) == (
        130,
        b"brevetti-sample: interrupted: standard output is incomplete\n",
    )
