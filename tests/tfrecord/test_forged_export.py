"""Exports whose `export.json` or progress file was changed by one who knows the checksums."""

from __future__ import annotations

import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brevetti_sample import ExportOptions, export_tfrecord, make_plan, read_manifest, verify_export
from brevetti_sample.errors import DamageError, OutputError, SampleError
from brevetti_sample.tfrecord.writing.folder import PROGRESS
from brevetti_sample.training.tfrecord_dataset import _open
from support.forged import forge_export, set_at

MANIFEST = read_manifest([{"a": "x", "n": 1}, {"a": "y", "n": 2}, {"a": "zz", "n": 3}])
HUGE = 10**30
SHA256 = "0" * 64


def write(folder, stream="stratified", **options):
    plan = make_plan(MANIFEST, groupby="a", draws=4, stream=stream)
    return export_tfrecord(
        MANIFEST, plan, folder, ExportOptions(shards=2, label_column="a"), **options
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write(folder)
    return folder


@pytest.fixture
def copy(small, tmp_path):
    return shutil.copytree(small, tmp_path / "copy")


SHARD, FEATURE, FILE = ("shards", 0), ("features", 0), ("files", "features.json")
ODD_VALUES = [
    *(
        ((name,), value)
        for name in ("digest", "name", "split")
        for value in (None, 7, "\ud800", [])
    ),
    *((("format",), value) for value in (None, 7, [])),
    *((("version",), value) for value in (1.0, True, "1", None, [])),
    *((("compression",), value) for value in (None, "zip", 7, [])),
    *(
        ((name,), value)
        for name in ("records", "bytes", "skipped")
        for value in (-1, 1.5, HUGE, None)
    ),
    *((("features",), value) for value in (None, {}, [None], [[]], "ab")),
    *(((*FEATURE, "name"), value) for value in (None, 7, [])),
    *(((*FEATURE, "kind"), value) for value in (None, "text", 7)),
    *(((*FEATURE, name), value) for name in ("single", "text") for value in (None, 1, "true")),
    *(((*FEATURE, name), value) for name in ("source", "change") for value in (None, 7)),
    *(
        ((name,), value)
        for name in ("image_feature", "label_feature")
        for value in (7, "other", [])
    ),
    *((("label_column",), value) for value in (7, [])),
    *(((name,), value) for name in ("class_names", "groups") for value in (None, [7], "ab", [[]])),
    *((("plan",), value) for value in (None, [], "x", {})),
    *((("plan", "seed"), value) for value in (1.5, None, "1")),
    *((("plan", "groups", 0, "weight"), value) for value in (0.5, -1, None, HUGE)),
    *(
        (("files",), value)
        for value in (None, [], {"a": 7}, {"a": {}}, {"../a": {"bytes": 1, "sha256": SHA256}})
    ),
    *(
        (("files", name), {"bytes": 1, "sha256": SHA256})
        for name in ("/etc/passwd", "", "..", "a/b", "a\0")
    ),
    *(((*FILE, "bytes"), value) for value in (-1, 1.5, HUGE, None, "1")),
    *(((*FILE, "sha256"), value) for value in (None, 7, "", "xyz", "0" * 63, "0" * 64 + "\n")),
    *((("shards",), value) for value in (None, {}, [None], [[]])),
    *(
        ((*SHARD, "name"), value)
        for value in (None, 7, "/etc/passwd", "../a", "", "a\0b", "\ud800")
    ),
    *(
        ((*SHARD, name), value)
        for name in ("start", "stop", "records", "bytes")
        for value in (-1, 0.5, True, None, "1", HUGE)
    ),
    *(((*SHARD, "crc32c"), value) for value in (None, 7, "", "0" * 9, "zzzzzzzz")),
    *(((*SHARD, "sha256"), value) for value in (None, 7, "0", "0" * 65)),
    *(
        ((*SHARD, "groups"), value)
        for value in (None, [], [1], [1, 1, -1], [1, 1, 0.5], [HUGE, 0, 0])
    ),
    *(((*SHARD, "skipped"), value) for value in (None, [None], [{}], 7)),
    *(((*SHARD, "skipped"), [{"draw": 0, "row": -1, "path": None, "reason": ""}]) for _ in "x"),
    *((((*SHARD, "stop"), 2**60), ((*SHARD, "records"), 2**60))),
    *((("more",), 1), ((*SHARD, "more"), 1), ((*FEATURE, "more"), 1), ((*FILE, "more"), 1)),
]


@pytest.mark.parametrize("place, value", ODD_VALUES, ids=str)
def test_a_value_that_no_export_has_is_damage(copy, place, value):
    forge_export(copy, set_at(*place, value))
    with pytest.raises(DamageError) as caught:
        verify_export(copy).check()
    message = str(caught.value)
    assert "export.json' is damaged (" in message
    assert message.isprintable()
    names = "are not names of files" in message or "not JSON" in message
    assert names or "is not an export" in message or str(place[0]) in message


@pytest.mark.parametrize("place, value", ODD_VALUES[::7], ids=str)
def test_an_export_of_nonsense_is_neither_read_nor_gone_on_with(copy, place, value):
    forge_export(copy, set_at(*place, value))
    with pytest.raises(DamageError, match="export.json' cannot be used"):
        _open(str(copy))
    with pytest.raises(OutputError, match="holds an export.json that is damaged"):
        write(copy)
    write(copy, overwrite=True)
    assert verify_export(copy, deep=True).damages == ()


def test_a_plan_that_cannot_be_is_a_damage_of_export_json(copy):
    forge_export(copy, set_at("plan", "batch_size", 0))
    [damage] = verify_export(copy).damages
    assert damage.name == "export.json"
    assert damage.reason.startswith(
        "its plan is damaged: the plan, field batch_size must be from 1"
    )


def test_a_replay_that_gives_no_group_a_share_is_a_damage_of_export_json(tmp_path):
    write(tmp_path, stream="brevettiai")
    forge_export(tmp_path, set_at("plan", "weighting", "log"))
    damage = verify_export(tmp_path).damages[0]
    assert damage.reason.startswith("its plan is damaged: the plan gives no group a share")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"[" * 10**5,
        b'{"a":' * 10**5,
        b"null",
        b"\xff",
        b"Infinity",
        "ä".encode("utf-16"),
    ],
    ids=lambda content: repr(content)[:20],
)
def test_an_export_json_of_other_bytes_is_damage_with_and_without_a_checksum(copy, content):
    from brevetti_sample.tfrecord.writing.folder import with_checksum

    for written in (content, with_checksum(content)):
        (copy / "export.json").write_bytes(written)
        with pytest.raises(DamageError, match=r"export.json' is damaged \("):
            verify_export(copy)


@pytest.mark.parametrize(
    "line",
    [
        *(json.dumps({"digest": d, "names": [], "replaced": []}) for d in (7, [], 1.5)),
        *(json.dumps({"digest": "x", "names": n, "replaced": []}) for n in (None, "ab", [7], {})),
        *(json.dumps({"digest": "x", "names": [n], "replaced": []}) for n in ("../a", "\ud800")),
        *("[" * 10**5, '{"digest":' * 10**5, "null", "Infinity", "\0", "\ufeff{}"),
    ],
    ids=lambda line: line[:50],
)
def test_a_progress_file_of_nonsense_counts_as_none(tmp_path, line):
    (tmp_path / PROGRESS).write_text(f"{line}\n{line}\n", "utf-8", "surrogatepass")
    write(tmp_path)
    assert verify_export(tmp_path).damages == ()


@pytest.mark.parametrize(
    "place, value", [(p[2:], v) for p, v in ODD_VALUES if p[:2] == SHARD and p[2:]], ids=str
)
def test_a_line_of_a_shard_that_cannot_be_counts_as_none(small, tmp_path, place, value):
    saved = json.loads((small / "export.json").read_text())
    head = {"digest": saved["digest"], "names": [], "replaced": []}
    shard = saved["shards"][0]
    set_at(*place, value)(shard)
    (tmp_path / PROGRESS).write_text(f"{json.dumps(head)}\n{json.dumps(shard)}\n")
    write(tmp_path)
    assert verify_export(tmp_path).damages == ()
    assert (tmp_path / "export.json").read_bytes() == (small / "export.json").read_bytes()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=200)
@given(st.sampled_from(sorted({place for place, _ in ODD_VALUES})), VALUES)
def test_an_export_with_any_value_anywhere_is_fine_or_damaged(
    small, tmp_path_factory, place, value
):
    folder = tmp_path_factory.mktemp("copy") / "x"
    shutil.copytree(small, folder)
    forge_export(folder, set_at(*place, value))
    try:
        verify_export(folder, deep=True)
    except SampleError as error:
        assert error.exit_code == 7
        assert str(error).isprintable()
