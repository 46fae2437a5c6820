"""Verification finds whatever is not as it was written."""

from __future__ import annotations

import json
import os
import re
import shutil
import tracemalloc

import pyarrow as pa
import pytest

from brevetti_sample import (
    ExportOptions,
    bundled_manifest,
    export_tfrecord,
    make_plan,
    read_manifest,
    verify_export,
)
from brevetti_sample.errors import DamageError, UsageError
from brevetti_sample.tfrecord.format.framing import FOOTER_BYTES, HEADER_BYTES, frame, frame_header
from brevetti_sample.tfrecord.format.parsing import ExampleError, parse_example
from brevetti_sample.tfrecord.format.reader import read_records
from brevetti_sample.tfrecord.verify.recount import make_recount
from brevetti_sample.tfrecord.writing.digest import digest_file
from brevetti_sample.tfrecord.writing.folder import read_export, with_checksum
from support.exports import DIGITS, contents


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An export of two small shards."""
    folder = tmp_path_factory.mktemp("small")
    manifest = read_manifest([{"a": "x"}, {"a": "y"}, {"a": "zz"}])
    plan = make_plan(manifest, groupby="a", draws=4)
    export_tfrecord(manifest, plan, folder, ExportOptions(shards=2))
    return folder


@pytest.fixture
def copy(small, tmp_path):
    return shutil.copytree(small, tmp_path / "copy")


FIRST, SECOND = (f"samples-train.tfrecord-0000{number}-of-00002" for number in range(2))


def found(folder, **options):
    return [(damage.name, damage.reason) for damage in verify_export(folder, **options).damages]


def rewrite(folder, change):
    """Change an export.json as one who knows its checksum."""
    path = folder / "export.json"
    fields = json.loads(path.read_text())
    change(fields)
    fields.pop("sha256_above")
    path.write_bytes(with_checksum(json.dumps(fields, indent=1).encode()[:-2] + b",\n"))


def test_an_export_as_it_was_written_has_no_damage(small):
    result = verify_export(small, deep=True)
    assert (result.shards, result.records, result.damages) == (2, 4, ())
    assert result.bytes == sum((small / name).stat().st_size for name in (FIRST, SECOND))
    result.check()


@pytest.mark.parametrize("name", [FIRST, "export.json", "features.json", "dataset_info.json"])
def test_every_cut_is_found(small, copy, name):
    data = (small / name).read_bytes()
    for end in range(len(data)):
        (copy / name).write_bytes(data[:end])
        if name == "export.json":
            with pytest.raises(DamageError, match="export.json' is damaged"):
                verify_export(copy)
        else:
            [(where, reason)] = found(copy)
            assert where == name
            assert name != FIRST or reason.startswith(f"it has {end} bytes instead of {len(data)}")


@pytest.mark.parametrize("name", [FIRST, "export.json", "features.json", "dataset_info.json"])
def test_every_changed_byte_is_found(small, copy, name):
    data = (small / name).read_bytes()
    for offset in range(len(data)):
        changed = bytearray(data)
        changed[offset] ^= 1 + offset % 255
        (copy / name).write_bytes(changed)
        if name == "export.json":
            with pytest.raises(DamageError, match="export.json' is damaged"):
                verify_export(copy)
        else:
            assert [where for where, _ in found(copy)] == [name]


def test_the_first_damage_in_a_shard_is_told_with_its_record_and_byte(copy):
    data = bytearray((copy / SECOND).read_bytes())
    start = HEADER_BYTES + data[0] + FOOTER_BYTES
    data[start + 14] ^= 1
    (copy / SECOND).write_bytes(data)
    [(name, reason)] = found(copy)
    assert name == SECOND
    assert reason == (
        f"it is not as it was written: record 1 at byte {start}: the data does not match "
        "its checksum"
    )


def test_swapped_shards_are_told_as_such(copy):
    os.rename(copy / FIRST, copy / "x")
    os.rename(copy / SECOND, copy / FIRST)
    os.rename(copy / "x", copy / SECOND)
    assert found(copy) == [
        (FIRST, f"it is '{SECOND}', under another name"),
        (SECOND, f"it is '{FIRST}', under another name"),
    ]


def test_missing_empty_and_extra_shards_are_found(copy):
    (copy / FIRST).unlink()
    (copy / SECOND).write_bytes(b"")
    (copy / "samples-train.tfrecord-00002-of-00003").write_bytes(b"")
    assert found(copy) == [
        ("samples-train.tfrecord-00002-of-00003", "it does not belong to the export"),
        (FIRST, "it is missing"),
        (SECOND, f"it has 0 bytes instead of {json_of(copy, 1)['bytes']}: it has 0 records "
         "instead of 2"),
    ]  # fmt: skip


def json_of(folder, number):
    return json.loads((folder / "export.json").read_text())["shards"][number]


def test_a_crafted_record_of_a_huge_length_is_found_without_memory(copy):
    (copy / FIRST).write_bytes(frame_header(1 << 62) + b"abc")
    tracemalloc.start()
    [(name, reason)] = found(copy)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()
    assert name == FIRST
    assert (
        "record 0 at byte 0: it claims 4611686018427387904 bytes, and a record has at most"
        in reason
    )


def forge(folder, records):
    """Put records in the place of a shard, and make the checksums say that they belong there."""
    path = folder / FIRST
    path.write_bytes(frame(records))

    def change(fields):
        digest = digest_file(path, sha256=True)
        shard = fields["shards"][0]
        shard |= {"bytes": digest.bytes, "crc32c": digest.crc32c, "sha256": digest.sha256}

    rewrite(folder, change)


@pytest.mark.parametrize(
    "records, reason",
    [
        ([b"no example", b""], "record 0 is no example: a field of wire type 6"),
        ([b"", b""], "record 0 has no feature 'a'"),
        ([b"\n\x0b\n\t\n\x01a\x12\x04\x1a\x02\n\0"], "record 0 has a feature 'a' that export.json"),
        ([b"\n\x05\n\x09abc"], "record 0 is no example: a length that goes"),
        ([b"\n\x0d\n\x0b\n\x01a\x12\x06\n\x04\n\0\n\0"], "record 0 has 2 values of 'a' instead"),
    ],
)
def test_a_deep_look_finds_records_that_are_no_such_examples(copy, records, reason):
    forge(copy, records)
    assert found(copy) == []
    [(name, found_reason)] = found(copy, deep=True)
    assert (name, found_reason[: len(reason)]) == (FIRST, reason)


def test_a_deep_look_finds_images_that_are_none(tmp_path):
    manifest = read_manifest(pa.table({"image/encoded": [b"\x89PNG\r\n\x1a\n cut"]}))
    export_tfrecord(manifest, make_plan(manifest), tmp_path)

    def change(fields):
        fields["image_feature"] = "image/encoded"

    rewrite(tmp_path, change)
    assert found(tmp_path) == []
    [(_, reason)] = found(tmp_path, deep=True)
    assert reason == "record 0 has an image that cannot be used: it is a PNG image without a header"


@pytest.mark.parametrize(
    "change, damage",
    [
        (lambda f: f["shards"][0].update(groups=[2, 0, 0]), (FIRST, "its groups are not those of")),
        (lambda f: f["shards"][0].update(groups=[2, 1, 0]), (FIRST, "its group counts do not add")),
        (lambda f: f["plan"].update(seed=5), ("export.json", "its plan is damaged: the plan was")),
        (lambda f: f.update(records=7), ("export.json", "its records are not those of its shards")),
        (lambda f: f["shards"].pop(), (SECOND, "it does not belong to the export")),
    ],
)
def test_counts_that_are_not_those_of_the_plan_are_found(copy, change, damage):
    rewrite(copy, change)
    first = found(copy)[0]
    assert (first[0], first[1][: len(damage[1])]) == damage


def test_a_name_that_leads_out_of_the_folder_is_not_followed(copy):
    rewrite(copy, lambda fields: fields["shards"][0].update(name="../outside"))
    with pytest.raises(DamageError, match="are not names of files in it"):
        verify_export(copy)


def test_what_is_no_export_is_told(tmp_path):
    with pytest.raises(
        UsageError, match="nothing' is not a folder; choose one that export-tfrecord"
    ):
        verify_export(tmp_path / "nothing")
    with pytest.raises(
        DamageError, match="has no export.json; choose a folder that export-tfrecord wrote"
    ):
        verify_export(tmp_path)
    (tmp_path / ".brevetti-sample.progress").write_text("")
    with pytest.raises(DamageError, match="is an unfinished export; run the same"):
        verify_export(tmp_path)


def test_a_folder_in_the_place_of_export_json_is_damage(tmp_path):
    (tmp_path / "export.json").mkdir()
    with pytest.raises(DamageError, match=r"export.json' is damaged \(Is a directory\)"):
        verify_export(tmp_path)


def test_what_is_extra_is_to_be_removed(copy):
    extra = FIRST.replace("00000-of", "00007-of")
    (copy / extra).write_bytes(b"")
    with pytest.raises(DamageError, match=f"is damaged: '{extra}'; remove '{extra}'$"):
        verify_export(copy).check()


def test_damage_is_one_error_that_names_the_files(copy):
    (copy / FIRST).unlink()
    with pytest.raises(DamageError, match=f"is damaged: '{FIRST}'; the command that wrote it"):
        verify_export(copy).check()


def test_the_same_command_mends_what_verification_finds(tmp_path):
    manifest = bundled_manifest()
    plan = make_plan(manifest, groupby="folder")
    export_tfrecord(manifest, plan, tmp_path, ExportOptions(shards=2))
    whole = contents(tmp_path)
    (tmp_path / SECOND).write_bytes(b"")
    (tmp_path / "features.json").unlink()
    assert [name for name, _ in found(tmp_path)] == ["features.json", SECOND]
    export_tfrecord(manifest, plan, tmp_path, ExportOptions(shards=2))
    assert contents(tmp_path) == whole


def test_a_deep_look_at_images_finds_nothing_wrong_with_good_ones(tmp_path):
    manifest = read_manifest(DIGITS)
    options = ExportOptions(image_column="path", image_root=str(DIGITS.parent))
    export_tfrecord(manifest, make_plan(manifest), tmp_path, options)
    assert found(tmp_path, deep=True) == []


def test_every_cut_of_an_example_is_refused_or_is_another_example():
    whole = b"\n\x19\n\x0a\n\x01a\x12\x05\n\x03\n\x01x\n\x0b\n\x01b\x12\x06\x1a\x04\n\x02\xac\x02"
    assert [values.count for values in parse_example(whole).values()] == [1, 1]
    for end in range(1, len(whole)):
        with pytest.raises(ExampleError):
            parse_example(whole[:end])


def swap_rows(folder):
    """Put a record of another group in the place of one, as if it had been written so."""
    records = list(read_records(folder / FIRST))
    other = next(one for one in read_records(folder / SECOND) if one not in records)
    forge(folder, [other, *records[1:]])


@pytest.mark.parametrize("values", [["x", "y", "zz"], [1, -2, 3], [True, False, None]])
@pytest.mark.parametrize("label", [None, "a"])
def test_a_deep_look_counts_the_groups_of_the_records(tmp_path, values, label):
    if label and None in values:
        return
    manifest = read_manifest(pa.table({"a": values}))
    plan = make_plan(manifest, groupby="a", draws=3)
    export_tfrecord(manifest, plan, tmp_path, ExportOptions(shards=2, label_column=label))
    assert found(tmp_path, deep=True) == []
    swap_rows(tmp_path)
    assert found(tmp_path) == []
    [(name, reason)] = found(tmp_path, deep=True)
    assert name == FIRST
    assert re.fullmatch("its records are 0 of '.*' for 1, 1 of '.*' for 0", reason)


def test_a_deep_look_finds_a_record_of_no_group(copy):
    forge(copy, [b"\n\x0c\n\x0a\n\x01a\x12\x05\n\x03\n\x01q"] * 2)
    [(_, reason)] = found(copy, deep=True)
    assert reason == "record 0 is of no group of the plan"


def recount_of(plan, folder):
    return make_recount(plan.groupby, dict(enumerate(plan.keys)), read_export(folder).saved)


def test_groups_that_records_do_not_tell_exactly_are_not_counted(tmp_path):
    manifest = read_manifest(pa.table({"a": [0.1, 0.2], "b": ["x", "y"]}))
    plan = make_plan(manifest, groupby="a")
    export_tfrecord(manifest, plan, tmp_path)
    assert recount_of(plan, tmp_path) is None
    other = make_plan(manifest, groupby="b")
    export_tfrecord(manifest, other, tmp_path, ExportOptions(columns=["a"]), overwrite=True)
    assert recount_of(other, tmp_path) is None


def test_the_digits_are_counted_by_their_labels(tmp_path):
    manifest = read_manifest(DIGITS)
    plan = make_plan(manifest, groupby="label", weighting="square root")
    options = ExportOptions(
        image_column="path", image_root=str(DIGITS.parent), label_column="label", label_offset=1
    )
    export_tfrecord(manifest, plan, tmp_path, options)
    assert recount_of(plan, tmp_path).features == ("image/class/label",)
    assert found(tmp_path, deep=True) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f["files"]["features.json"].update(bytes=10**30),
        lambda f: f["files"].update({"features.json": 7}),
        lambda f: f["files"].update({"../outside": f["files"]["features.json"]}),
        lambda f: f["files"].update({"a\0b": f["files"]["features.json"]}),
        lambda f: f.update(files=[]),
        lambda f: f.update(records="many"),
        lambda f: f.update(image_feature="b"),
        lambda f: f.update(class_names=[[]]),
        lambda f: f.update(features=[{"name": []}]),
        lambda f: f["features"][0].update(single=3),
        lambda f: f.pop("label_column"),
        lambda f: f["shards"][0].update(name="/etc/passwd"),
        lambda f: f["shards"][0].update(name=["a"]),
        lambda f: f["shards"][0].update(stop=10**30),
        lambda f: f["shards"][0].update(crc32c=7),
        lambda f: f["shards"][0].update(groups=[-1, 3, 0]),
        lambda f: f["shards"][0].update(groups=[2]),
        lambda f: f["shards"][0].update(more=1),
    ],
)
def test_an_export_json_with_odd_fields_is_damaged_and_nothing_else(copy, change):
    rewrite(copy, change)
    with pytest.raises(DamageError, match=r"export.json' is damaged"):
        verify_export(copy)


def test_a_named_pipe_is_not_waited_for(copy):
    (copy / FIRST).unlink()
    os.mkfifo(copy / FIRST)
    (copy / "features.json").unlink()
    os.mkfifo(copy / "features.json")
    reason = "it cannot be read: it is not a regular file"
    assert found(copy) == [("features.json", reason), (FIRST, reason)]
