"""The list of classes of an export: where it comes from, and what it makes of the data."""

from __future__ import annotations

import json
import os

import numpy as np
import pyarrow as pa
import pytest

from brevetti_sample import (
    ExportOptions,
    Plan,
    bundled_manifest,
    export_tfrecord,
    make_plan,
    read_manifest,
    verify_export,
)
from brevetti_sample.errors import OutputError, UsageError
from brevetti_sample.tfrecord.export.planning import plan_export
from brevetti_sample.tfrecord.format.parsing import parse_example
from brevetti_sample.tfrecord.format.reader import read_records
from brevetti_sample.tfrecord.writing.class_list import read_labels
from brevetti_sample.tfrecord.writing.folder import read_export, with_checksum
from support.exports import message_of


def export(folder, values, labels=None, offset=0, **plan):
    manifest = read_manifest(pa.table({"label": values, "g": ["x"] * len(values)}))
    options = ExportOptions(label_column="label", label_offset=offset, labels=labels)
    return export_tfrecord(manifest, make_plan(manifest, repeat=False, **plan), folder, options)


def numbers(folder, result):
    """The class number of each record, sorted."""
    return sorted(
        example["label"].integers()[0]
        for shard in result.shards
        for example in map(parse_example, read_records(os.path.join(folder, shard.name)))
    )


def names(folder):
    return (folder / "label.labels.txt").read_text().splitlines()


def test_separate_exports_get_equal_numbers(tmp_path):
    first, second = tmp_path / "train", tmp_path / "devel"
    export(first, ["bad", "good", "ugly"])
    alone = export(tmp_path / "alone", ["ugly", "good"])
    assert numbers(tmp_path / "alone", alone) == [0, 1]
    for labels in ("bad,good,ugly", first, str(first), str(first / "label.labels.txt")):
        result = export(second, ["ugly", "good"], labels)
        assert numbers(second, result) == [1, 2]
        assert names(second) == ["bad", "good", "ugly"]  # also that which no row has
        assert verify_export(second, deep=True).damages == ()
        assert json.loads((second / "features.json").read_text())["content"]["features"]["label"][
            "classLabel"
        ] == {"numClasses": "3"}


def test_the_order_of_the_list_is_that_of_the_numbers(tmp_path):
    result = export(tmp_path, ["a", "b", "b"], ["b", "c", "a"])
    assert numbers(tmp_path, result) == [0, 0, 2]
    assert names(tmp_path) == ["b", "c", "a"]


@pytest.mark.parametrize(
    "values, labels",
    [([0, 7], range(10)), ([True, False], "true,false"), ([1, 2], ["2", "1"])],
)
def test_classes_that_are_not_text_are_listed_by_their_text(tmp_path, values, labels):
    result = export(tmp_path, values, labels)
    listed = names(tmp_path)
    texts = [str(value).lower() for value in values]
    assert numbers(tmp_path, result) == sorted(map(listed.index, texts))


@pytest.mark.parametrize(
    "values, labels, message",
    [
        (
            ["good", "bad", "bda", "good"],
            "bad,good",
            "'m.csv' row 2, column 'label' has the class 'bda', which is not in the list of "
            "classes; did you mean 'bad'?",
        ),
        (
            ["x", "good", "y", "z", "bad"],
            "bad,good",
            "'m.csv' row 0, column 'label' has the class 'x', which is not in the list of classes, "
            "nor are 'y', 'z' of other rows; the list has 'bad', 'good'",
        ),
    ],
)
def test_an_unknown_class_is_named_with_its_row(tmp_path, monkeypatch, values, labels, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.csv").write_text("label\n" + "".join(f"{value}\n" for value in values))
    manifest = read_manifest("m.csv")
    options = ExportOptions(label_column="label", labels=labels)
    assert message_of(lambda: plan_export(make_plan(manifest).bind(manifest), options)) == (
        f"2 {message}"
    )


def test_the_export_and_its_plan_carry_the_list(tmp_path):
    export(tmp_path / "given", ["a", "b"], "b,a,c")
    fields = json.loads((tmp_path / "given" / "export.json").read_text())
    assert fields["class_names"] == fields["plan"]["class_names"] == ["b", "a", "c"]
    assert Plan.from_json(json.dumps(fields["plan"])).class_names == ("b", "a", "c")
    export(tmp_path / "found", ["a", "b"])
    assert read_export(tmp_path / "found").saved.plan.class_names is None


def test_another_list_is_another_export(tmp_path):
    export(tmp_path, ["a", "b"], "a,b")
    assert export(tmp_path, ["a", "b"], ["a", "b"]).kept == 1
    for labels in ("b,a", "a,b,c", None):
        with pytest.raises(OutputError, match="holds another export"):
            export(tmp_path, ["a", "b"], labels)


def test_a_plan_with_a_list_fixes_the_classes_and_refuses_another(tmp_path):
    result = export(tmp_path, ["a", "b"], class_names=["c", "b", "a"])
    assert numbers(tmp_path, result) == [1, 2]
    assert export(tmp_path, ["a", "b"], "c,b,a", class_names=["c", "b", "a"]).kept == 1
    for labels, difference in (
        ("c,a,b", "has 'a' where the list of classes of the plan has 'b'"),
        ("c,b", "has nothing where the list of classes of the plan has 'a'"),
        ("c,b,a,d", "has 'd' where the list of classes of the plan has nothing"),
    ):
        with pytest.raises(UsageError, match=f"^labels {difference}; leave it out, or make a plan"):
            export(tmp_path, ["a", "b"], labels, class_names=["c", "b", "a"])
    manifest = read_manifest(pa.table({"label": ["x"]}))
    plain = make_plan(manifest, class_names=["c"])  # means nothing without a label column
    export_tfrecord(manifest, plan=plain, folder=tmp_path / "plain")


def test_with_an_offset_the_background_is_class_0_and_may_stand_in_the_list(tmp_path):
    first = tmp_path / "first"
    export(first, ["a", "b"], offset=1)
    assert names(first) == ["background", "a", "b"]
    for number, labels in enumerate(["a,b", "background,a,b", first, first / "label.labels.txt"]):
        folder = tmp_path / str(number)
        result = export(folder, ["b"], labels, offset=1)
        assert numbers(folder, result) == [2]
        assert names(folder) == ["background", "a", "b"]
    # Without the offset the numbers are those of the export too.
    result = export(tmp_path / "same", ["b"], first)
    assert numbers(tmp_path / "same", result) == [2]
    assert names(tmp_path / "same") == ["background", "a", "b"]


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"a\nb\n", ("a", "b")),
        (b"a\nb", ("a", "b")),
        (b"a\r\nb\r\n\r\n\n", ("a", "b")),
        (b"\xef\xbb\xbfa\nb\n", ("a", "b")),
        ("é,x\nb c\n".encode(), ("é,x", "b c")),
        (b"person\n", ("person",)),
    ],
)
def test_a_file_has_one_name_per_line(tmp_path, content, expected):
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    assert read_labels(path) == read_labels(str(path)) == expected


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "3 'f' names no class"),
        (b"\n\n", "3 'f' names no class"),
        (
            b"a\n\nb\n",
            "3 'f' line 2 is empty; write one name per line, printable text without spac",
        ),
        (b"a\nb\na\n", "3 'f' line 3 names 'a' again, as line 1 does; name each class once"),
        (b"a\nb \n", "3 'f' line 2 has 'b ', which cannot be the name of a class; write one na"),
        (b"a\rb\r", r"3 'f' line 1 has 'a\rb', which cannot be the name of a class"),
        (b"a\n\xff\n", "3 'f' line 2 is not UTF-8; convert the file, e.g. with iconv"),
        ("a\nb\n".encode("utf-16"), "3 'f' line 1 is not UTF-8"),
        (b"a\nb\0\n", r"3 'f' line 2 has 'b\x00', which cannot be"),
        (b"x" * (17 << 20), "3 'f' cannot be read: it has more than 16 MiB"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_line(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").write_bytes(content)
    assert message_of(lambda: read_labels("f")).startswith(message)


@pytest.mark.parametrize(
    "labels, message",
    [
        ("gone.txt", "2 labels 'gone.txt' is neither a file, nor a folder, nor names with commas "),
        ("", "2 labels '' is neither a file, nor a folder, nor names with commas between them; a"),
        ("a", "2 labels 'a' is neither a file, nor a folder, nor names with commas between them;"),
        ("a\0b", r"2 labels 'a\x00b' is neither a file"),
        ("a,,b", "2 labels 'a,,b' has an empty name; leave out a comma"),
        ("a,b,", "2 labels 'a,b,' has an empty name"),
        ("a,b,a", "2 labels names 'a' more than once; name each once"),
        ("a\nb,c", r"2 labels has names that cannot be lines of a list of classes: 'a\nb'; write"),
        ([], "2 labels must be a list of class names or a path, not []"),
        ([None], "2 labels must be a list of class names or a path, not [None]"),
        (7, "2 labels must be a list of class names or a path, not 7"),
        (b"a,b", "2 labels must be a list of class names or a path, not b'a,b'"),
        (["a", " a"], "2 labels has names that cannot be lines of a list of classes: ' a'"),
        (["a", ""], "2 labels has names that cannot be lines of a list of classes: ''"),
        (["a\udc80"], "2 labels has names that cannot be lines of a list of classes: 'a\\x80'"),
        ("pipe", "3 'pipe' cannot be read: it is not a regular file"),
        ("/dev/zero", "3 '/dev/zero' cannot be read: it is not a regular file"),
        ("empty", "2 'empty' has no export.json; name an export's folder, or a file"),
        ("begun", "2 'begun' is an unfinished export; finish it with the command that began it"),
        (
            "damaged",
            "3 'damaged/export.json' is damaged (its checksum is not that of its contents)",
        ),
        ("plain", "2 'plain' is an export without classes; name one that was written with label_c"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, monkeypatch, labels, message):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    for folder in ("empty", "begun", "damaged"):
        (tmp_path / folder).mkdir()
    (tmp_path / "begun" / ".brevetti-sample.progress").touch()
    (tmp_path / "damaged" / "export.json").write_text("{}")
    if labels == "plain":
        manifest = bundled_manifest()
        export_tfrecord(manifest, make_plan(manifest, draws=1), "plain")
    assert message_of(lambda: read_labels(labels)).startswith(message)


def test_lists_of_numpy_and_a_path_with_a_comma_are_taken(tmp_path):
    assert read_labels(np.array(["b", "a"])) == ("b", "a")
    assert read_labels(np.arange(2)) == ("0", "1")
    (tmp_path / "a,b").write_text("x\n")
    assert read_labels(tmp_path / "a,b") == ("x",)


def test_an_export_that_counts_from_0_cannot_be_followed_from_1(tmp_path):
    export(tmp_path, ["a", "b"])
    assert message_of(lambda: read_labels(tmp_path, label_offset=1)) == (
        f"2 '{tmp_path}' is an export whose classes count from 0; leave out label_offset=1"
    )


def test_a_list_in_the_folder_that_is_to_be_written_is_refused(tmp_path):
    export(tmp_path, ["a", "b"])
    before = sorted(os.listdir(tmp_path))
    for labels in (tmp_path, str(tmp_path / "label.labels.txt")):
        with pytest.raises(UsageError, match="' is in the folder that is to be written; choose an"):
            export(tmp_path, ["a"], labels)
    assert sorted(os.listdir(tmp_path)) == before


def test_the_background_stands_first_or_not_at_all_with_an_offset(tmp_path):
    message = message_of(lambda: export(tmp_path / "o", ["a"], "a,background", offset=1))
    assert message.startswith("2 labels must have 'background' first or not at all with label_off")


@pytest.mark.parametrize("value", ["ab", 7, [1, 2], [None], b"ab"])
def test_classes_of_a_plan_are_a_list_of_texts(value):
    with pytest.raises(UsageError, match="^class_names must be a list of texts, not"):
        make_plan(bundled_manifest(), class_names=value)
    assert make_plan(bundled_manifest(), class_names=np.array(["b", "a"])).class_names == ("b", "a")


def test_a_list_without_a_label_column_is_refused():
    with pytest.raises(UsageError, match="^labels needs label_column, the column with the classes"):
        ExportOptions(labels="a,b")


@pytest.mark.parametrize("odd", [None, "", " x", "a\nb"])
def test_rows_that_cannot_be_drawn_neither_spoil_a_label_column_nor_make_classes(tmp_path, odd):
    table = pa.table({"g": ["in", "in", "out", "out"], "label": ["b", "a", odd, "other"]})
    manifest = read_manifest(table)
    plan = make_plan(manifest, "g", {"in": 1, "out": 0})
    for labels in (None, "b,a"):
        folder = tmp_path / str(labels)
        options = ExportOptions(label_column="label", labels=labels, columns=["g"])
        result = export_tfrecord(manifest, plan, folder, options)
        assert names(folder) == ["a", "b"] if labels is None else ["b", "a"]
        assert numbers(folder, result) == [0, 0, 1, 1]
        assert verify_export(folder, deep=True).damages == ()
    drawn = make_plan(manifest, "g", {"in": 1, "out": 1})
    with pytest.raises(UsageError, match="^column 'label' has"):
        export_tfrecord(manifest, drawn, tmp_path, ExportOptions(label_column="label"))


def test_a_label_that_is_missing_where_a_row_can_be_drawn_is_counted_there_alone():
    manifest = read_manifest(pa.table({"g": list("iiio"), "label": ["a", None, None, None]}))
    plan = make_plan(manifest, "g", {"i": 1, "o": 0})
    with pytest.raises(UsageError, match="has no class in 2 of 3 rows; fill them in"):
        plan_export(plan.bind(manifest), ExportOptions(label_column="label"))


def test_deep_verification_counts_by_labels_beside_groups_that_are_never_drawn(tmp_path):
    table = pa.table({"label": ["a", "b", "never", "ever"], "x": [1, 2, 3, 4]})
    manifest = read_manifest(table)
    plan = make_plan(manifest, "label", {"a": 2, "b": 1, "never": 0, "ever": 0}, draws=3)
    export_tfrecord(manifest, plan, tmp_path, ExportOptions(label_column="label"))
    assert names(tmp_path) == ["a", "b"]
    assert verify_export(tmp_path, deep=True).damages == ()
    fields = json.loads((tmp_path / "export.json").read_text())
    del fields["sha256_above"]
    fields["class_names"].reverse()
    above = json.dumps(fields).encode()[:-1] + b","
    (tmp_path / "export.json").write_bytes(with_checksum(above))
    [damage] = verify_export(tmp_path, deep=True).damages
    assert damage.reason == "its records are 1 of 'a' for 2, 2 of 'b' for 1"


def test_classes_of_a_dictionary_that_no_row_has_stay_in_the_list(tmp_path):
    values = pa.DictionaryArray.from_arrays([0, 2], ["z", "unused", "a"])
    export(tmp_path, values)
    assert names(tmp_path) == ["a", "unused", "z"]


def test_exports_without_a_list_have_the_digest_that_they_had():
    manifest = bundled_manifest()
    plan = make_plan(manifest, groupby="folder", weighting="square root", seed=1)
    options = ExportOptions(shards=2, label_column="folder")
    digest = plan_export(plan.bind(manifest), options).digest
    assert (plan.digest, digest) == (
        "eafa66dce4952119f09c408d665767d9ac8243e6111c455a15640789a842e4ae",
        "d77c8a60743b2cb5141f456126b45b2fe5ba318e37b28c329f6c9907264db728",
    )
