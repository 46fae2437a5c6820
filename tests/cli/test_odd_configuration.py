"""Configuration files that nobody would write: one line and exit code 2, soon."""

from __future__ import annotations

import time

import pytest

ODD = {
    "an integer of many digits": "seed = " + "9" * 5000,
    "a hexadecimal integer of many digits": "seed = 0x" + "f" * 5000,
    "a weight of many digits": "[weights]\na = 0x" + "f" * 5000,
    "an infinite seed": "seed = inf",
    "a seed that is no number": "seed = nan",
    "a number with a fraction": "batch-size = 1.0",
    "a truth value": "seed = true",
    "a date": "seed = 1979-05-27",
    "a date that is none": "seed = 9999-99-99",
    "lists within lists": "groupby = " + "[" * 100_000,
    "closed lists within lists": "groupby = " + "[" * 300 + "]" * 300,
    "tables within tables": "weights = " + "{a=" * 100_000,
    "closed tables within tables": "weights = " + "{a=" * 300 + "1" + "}" * 300,
    "a key of many parts": "weights" + ".a" * 100_000 + " = 1",
    "a key of many quoted parts": "weights" + ' . "a"' * 50_000 + " = 1",
    "an inner key of many parts": "weights = {a" + ".a" * 100_000 + " = 1}",
    "a table of many parts": "[" + "a." * 100_000 + "a]",
    "many keys": "".join(f"k{n} = 1\n" for n in range(20_000)),
    "many tables": "".join(f"[t{n}]\n" for n in range(20_000)),
    "a table many times": "[[weights]]\n" * 50_000,
    "a table where there is none": "[seed]\na = 1",
    "a zero byte in a text": 'groupby = "\\u0000"',
    "a zero byte in a path": 'manifest = "\\u0000"',
    "a zero byte": "\0",
    "half a surrogate pair": 'groupby = "\\ud800"',
    "UTF-16": "seed = 1".encode("utf-16"),
    "bytes that are not UTF-8": b'groupby = "\xff"',
    "a surrogate in UTF-8": b'groupby = "\xed\xa0\x80"',
    "what a terminal acts on": '"\\u001b[31m" = 1',
    "a value that a terminal acts on": 'shuffle = "\\u001b]0;x\\u0007"',
    "quotes": "'" * 500_001,
    "brackets": "[" * 500_000,
    "many signs": "=" * 1_000_000,
    "more than there may be": "\n" * (1 << 20) + "\n",
    "a value of a megabyte": f'shuffle = "{"x" * 1_000_000}"',
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", ["brevetti-sample.toml", "pyproject.toml"])
def test_an_odd_configuration_is_refused_in_a_line(run, tmp_path, monkeypatch, name, content):
    monkeypatch.chdir(tmp_path)
    content = content.encode() if isinstance(content, str) else content
    table = b"[tool.brevetti-sample]\n" if name == "pyproject.toml" else b""
    (tmp_path / name).write_bytes(table + content)
    if table and content.startswith((b"[t", b"[[", b"[a", b"[s", b"[w", b"\n", b"\0\0")):
        pytest.skip("these are tables of others")
    begin = time.monotonic()
    for arguments in (("config",), ("plan", "-q")):
        result = run(*arguments)
        assert result.code == 2
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
        assert result.err[:-1].isprintable()
        assert len(result.err) < 1000
        assert name in result.err
    assert time.monotonic() - begin < 10


def test_a_pyproject_toml_that_is_larger_is_that_of_others(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "[tool.brevetti-sample]\nseed = 1\n" + "\n" * (1 << 20)
    (tmp_path / "pyproject.toml").write_text(text)
    assert "seed,,default" in run("config", "--format", "csv").text.replace("seed,0,", "seed,,")


@pytest.mark.parametrize(
    "dots", ['a = "' + "x." * 40 + '"', "a" + ".b" * 40 + " = 1", "# " + "x." * 50]
)
def test_keys_of_others_may_have_some_parts(run, tmp_path, monkeypatch, dots):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(f"{dots}\n[tool.brevetti-sample]\nseed = 5\n")
    assert "seed,5,pyproject.toml:3" in run("config", "--format", "csv").text


@pytest.mark.parametrize("key", ["batch-size", "repeat", "seed"])
def test_a_number_that_is_too_large_is_refused_by_the_command(run, tmp_path, monkeypatch, key):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "brevetti-sample.toml").write_text(f"{key} = {'9' * 400}\n")
    result = run("plan", "-q")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert f"{key}" in result.err
