"""Exports: what is in the folder, and what a second run makes of what it finds there."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import pyarrow as pa
import pytest

from brevetti_sample import (
    ExportOptions,
    Stream,
    bundled_manifest,
    export_tfrecord,
    group_rows,
    make_plan,
    read_manifest,
    verify_export,
)
from brevetti_sample.errors import OutputError, SampleFileError, UsageError
from brevetti_sample.images.folder import ImageFolder
from brevetti_sample.tfrecord.export.planning import plan_export
from brevetti_sample.tfrecord.format.parsing import parse_example
from brevetti_sample.tfrecord.format.reader import read_records
from brevetti_sample.tfrecord.writing.folder import PROGRESS, locked
from brevetti_sample.tfrecord.writing.options import parse_bytes
from support.exports import DIGITS, contents, manifest_of, message_of, picture


def export(folder, shards=4, seed=0, manifest=None, overwrite=False, jobs=1, **options):
    manifest = manifest or bundled_manifest()
    plan = make_plan(manifest, groupby="folder", weighting="square root", seed=seed)
    chosen = ExportOptions(shards=shards, **options)
    return export_tfrecord(manifest, plan, folder, chosen, overwrite=overwrite, jobs=jobs)


def digits(**options):
    manifest = read_manifest(DIGITS)
    plan = make_plan(manifest, groupby="label", weighting="square root")
    chosen = ExportOptions(
        image_column="path", label_column="label", image_root=str(DIGITS.parent), **options
    )
    return manifest, plan, chosen


def records(folder, result, compression=None):
    return [
        parse_example(record)
        for shard in result.shards
        for record in read_records(os.path.join(folder, shard.name), compression)
    ]


def test_the_records_are_the_draws_of_the_stream_in_order(tmp_path):
    manifest, plan, options = digits(shards=3)
    result = export_tfrecord(manifest, plan, tmp_path, options, start=100, stop=350)
    rows = [
        row
        for draws in Stream(plan, group_rows(manifest, "label").index()).draws(100, 350)
        for row in draws.row.tolist()
    ]
    whole = manifest.read(manifest.columns).to_pylist()
    found = records(tmp_path, result)
    assert [one["image/filename"].data[0].decode() for one in found] == [
        whole[row]["path"] for row in rows
    ]
    for one, row in zip(found, rows, strict=True):
        assert one["image/encoded"].data[0] == (DIGITS.parent / whole[row]["path"]).read_bytes()
        assert one["image/class/text"].data[0].decode() == str(whole[row]["label"])
    assert sorted(found[0]) == [
        *("image/class/label", "image/class/text", "image/encoded", "image/filename"),
        *("image/format", "image/height", "image/key/sha256", "image/width", "index", "split"),
    ]


def test_each_shard_is_a_small_copy_of_the_shares(tmp_path):
    result = export(tmp_path, shards=4)
    for shard in result.shards:
        expected = [45 * share for share in (0.2318, 0.5971, 0.1712)]
        assert all(abs(a - b) < 2 for a, b in zip(shard.groups, expected, strict=True))
    assert [sum(groups) for groups in zip(*(s.groups for s in result.shards), strict=True)] == [
        *(42, 107, 31),
    ]


def test_the_folder_has_the_shards_and_what_describes_them(tmp_path):
    manifest, plan, options = digits(shards=2, name="digits", split="devel")
    export_tfrecord(manifest, plan, tmp_path, options)
    assert list(contents(tmp_path)) == [
        "dataset_info.json",
        "digits-devel.tfrecord-00000-of-00002",
        "digits-devel.tfrecord-00001-of-00002",
        "export.json",
        "features.json",
        "image.class.label.labels.txt",
    ]


def test_processes_and_batches_do_not_change_a_byte(tmp_path):
    manifest, plan, options = digits(shards=3)
    for jobs in (1, 2):
        export_tfrecord(manifest, plan, tmp_path / str(jobs), options, jobs=jobs)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_a_second_run_writes_nothing(tmp_path):
    first = export(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    second = export(tmp_path)
    assert (first.kept, second.kept) == (0, 4)
    assert second.shards == first.shards
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["samples-train.tfrecord-00002-of-00004", "features.json"])
@pytest.mark.parametrize("change", ["missing", "altered", "cut"])
def test_a_second_run_mends_what_is_missing_or_altered(tmp_path, name, change):
    export(tmp_path)
    whole = contents(tmp_path)
    path = tmp_path / name
    if change == "missing":
        path.unlink()
    else:
        data = bytearray(whole[name])
        data[5] ^= 1
        path.write_bytes(bytes(data) if change == "altered" else data[:-1])
    result = export(tmp_path)
    assert result.kept == (3 if "shard" in name or "tfrecord-" in name else 4)
    assert contents(tmp_path) == whole


def test_another_export_in_the_folder_is_refused_and_may_be_overwritten(tmp_path):
    export(tmp_path, shards=4)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="holds another export, of another plan, manifest or"):
        export(tmp_path, seed=1)
    export(tmp_path, seed=1, shards=2, name="other", overwrite=True)
    assert sorted(contents(tmp_path)) == [
        *("dataset_info.json", "export.json", "features.json", "mine.txt"),
        *("other-train.tfrecord-00000-of-00002", "other-train.tfrecord-00001-of-00002"),
    ]
    assert not verify_export(tmp_path).damages


def test_an_unfinished_export_of_another_plan_is_refused(tmp_path):
    shard = export(tmp_path / "other").shards[0]
    head = '{"digest": "x", "names": ["a"], "replaced": []}'
    (tmp_path / PROGRESS).write_text(f"{head}\n{json.dumps(shard.to_dict())}\n")
    with pytest.raises(OutputError, match="holds an unfinished export, of another plan"):
        export(tmp_path)
    (tmp_path / "a").write_text("of the unfinished export")
    export(tmp_path, overwrite=True)
    assert not (tmp_path / "a").exists()


def test_an_export_that_failed_before_its_first_shard_makes_way_for_another(tmp_path):
    (tmp_path / PROGRESS).write_text('{"digest": "x", "names": ["a"], "replaced": []}\n')
    export(tmp_path)
    assert not verify_export(tmp_path).damages


def test_after_a_failure_the_finished_shards_stay_also_if_samples_are_then_skipped(tmp_path):
    names = [f"{number}.png" for number in range(4)]
    for name in names[:3]:
        picture(tmp_path / "images" / name)
    manifest = read_manifest(pa.table({"path": names}))
    plan = make_plan(manifest, repeat=False)

    def attempt(on_error):
        options = ExportOptions(
            image_column="path",
            image_root=str(tmp_path / "images"),
            shards=4,
            on_error=on_error,
        )
        return export_tfrecord(manifest, plan, tmp_path / "out", options)

    with pytest.raises(SampleFileError):
        attempt("fail")
    finished = sum("tfrecord-" in name for name in contents(tmp_path / "out"))
    result = attempt("skip")
    assert (result.kept, result.skipped) == (finished, 1)
    with pytest.raises(SampleFileError):
        attempt("fail")
    picture(tmp_path / "images" / "3.png")
    assert (attempt("fail").kept, attempt("fail").kept) == (3, 4)


def test_a_finished_export_stays_whole_until_there_is_a_shard_to_replace(tmp_path):
    names = ["a.png", "missing.png"]
    manifest = read_manifest(manifest_of(tmp_path / "m.parquet", names, folder=["x", "y"]))
    picture(tmp_path / "a.png")
    options = {"manifest": manifest, "image_column": "path", "image_root": str(tmp_path)}
    options["shards"] = 1
    export(tmp_path / "out", on_error="skip", **options)
    before = contents(tmp_path / "out")
    for overwrite in (False, True):
        with pytest.raises(SampleFileError, match="missing.png"):
            export(tmp_path / "out", overwrite=overwrite, **options)
        assert contents(tmp_path / "out") == before


def test_while_an_export_is_replaced_nothing_describes_its_mixed_shards(tmp_path):
    export(tmp_path, seed=1)
    seen = []

    manifest = bundled_manifest()
    plan = make_plan(manifest, groupby="folder", weighting="square root", seed=2)

    def stop(progress):
        seen.append(sorted(os.listdir(tmp_path)))
        if progress.shards == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_tfrecord(
            manifest, plan, tmp_path, ExportOptions(shards=4), overwrite=True, report=stop
        )
    assert "dataset_info.json" in seen[0]
    assert not {"dataset_info.json", "features.json", "export.json"} & {*os.listdir(tmp_path)}
    assert export(tmp_path, seed=2).kept == 1
    assert verify_export(tmp_path).damages == ()


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path):
    (tmp_path / "samples-train.tfrecord-00001-of-00004").mkdir()
    with pytest.raises(
        OutputError, match="00001-of-00004' cannot be written: it is a folder; move it away$"
    ):
        export(tmp_path, overwrite=True)


@pytest.mark.parametrize("name", ["features.json", "samples-train.tfrecord-00000-of-00004"])
def test_files_that_no_export_made_are_not_replaced(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=f"has '{name}' already, but no export.json that"):
        export(tmp_path)
    assert contents(tmp_path) == {name: b"mine"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "other"}'])
def test_an_export_json_of_another_program_is_refused(tmp_path, text):
    (tmp_path / "export.json").write_text(text)
    with pytest.raises(OutputError, match="holds an export.json that is damaged, or of another"):
        export(tmp_path)


def test_a_folder_is_locked_while_it_is_written(tmp_path):
    with locked(str(tmp_path)), pytest.raises(OutputError, match="being written by another export"):
        export(tmp_path)


def test_a_lock_leaves_nothing_behind_and_ends_with_its_holder(tmp_path):
    program = (
        "import os, sys; from brevetti_sample.tfrecord.writing.folder import locked\n"
        "with locked(sys.argv[1]): print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(OutputError, match="is being written by another export") as caught:
            export(tmp_path)
        assert caught.value.path == str(tmp_path)
        process.kill()
    assert os.listdir(tmp_path) == []
    export(tmp_path)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_a_system_that_cannot_lock_a_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    assert message_of(lambda: export(tmp_path / "out")) == (
        "5 this system cannot lock a folder, so no export can be written to one; export on Linux "
        "or macOS, or to standard output"
    )
    assert not (tmp_path / "out").exists()


def test_leftovers_of_dead_runs_are_swept_and_nothing_else(tmp_path):
    (tmp_path / ".brevetti-sample.samples-train.tfrecord-00000-of-00004.77.part").write_text("x")
    (tmp_path / ".hidden.part").write_text("keep")
    export(tmp_path)
    hidden = [name for name in contents(tmp_path) if name.startswith(".")]
    assert hidden == [".hidden.part"]


def test_compressed_shards_hold_the_same_records_and_stand_alone(tmp_path):
    plain = export(tmp_path / "plain")
    packed = export(tmp_path / "packed", compression="gzip")
    assert records(tmp_path / "packed", packed, "gzip") == records(tmp_path / "plain", plain)
    assert "features.json" not in contents(tmp_path / "packed")
    for shard, other in zip(plain.shards, packed.shards, strict=True):
        data = gzip.decompress((tmp_path / "packed" / other.name).read_bytes())
        assert data == (tmp_path / "plain" / shard.name).read_bytes()
    assert not verify_export(tmp_path / "packed", deep=True).damages


def test_shards_are_as_many_as_their_size_asks_for(tmp_path):
    manifest = bundled_manifest()
    plan = make_plan(manifest, groupby="folder")
    one = plan_export(plan.bind(manifest))
    many = plan_export(plan.bind(manifest), ExportOptions(shard_bytes=20_000))
    size = sum(one.about_bytes())
    assert len(one.shards) == 1
    assert len(many.shards) == -(-size // 20_000)
    written = export_tfrecord(manifest, plan, tmp_path).bytes
    assert abs(size - written) < 0.01 * written


def test_more_shards_than_draws_are_refused(tmp_path):
    with pytest.raises(UsageError, match="^shards must be at most the 180 draws, not 181$"):
        export(tmp_path / "out", shards=181)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"name": "a-b"}, "name must be an identifier, not 'a-b'; use letters, digits"),
        ({"split": "../up"}, "split must be an identifier, not '../up'; use letters"),
        ({"split": "all"}, "split must not be 'all', which means all splits in TensorFlow"),
        ({"name": "n" * 81}, "name must be an identifier, not"),
        ({"compression": "gzp"}, "compression 'gzp' is unknown; did you mean 'gzip'?"),
        ({"on_error": "x"}, "on_error 'x' is unknown; use 'fail', 'skip'"),
        ({"shards": 0}, "shards must be from 1 to 99999, not 0"),
        ({"shards": 1, "shard_bytes": 5}, "shards and shard_bytes exclude each other"),
        ({"label_offset": 2}, "label_offset must be 0 or 1, not 2"),
        (
            {"label_offset": 1},
            "label_offset needs label_column, the column with the classes",
        ),
        ({"max_pixels": 0}, "max_pixels must be at least 1, not 0"),
        (
            {"image_column": "a", "label_column": "a"},
            "image_column and label_column must be two columns",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(UsageError) as caught:
        ExportOptions(**options)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5.2", "7 bananas", "0.1B"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(
        UsageError, match="^shard_bytes '.*' is not a size; write it as 256MiB or 1GB$"
    ):
        parse_bytes(text)


def test_labels_are_numbered_in_their_order_from_the_offset_on(tmp_path):
    for offset in (0, 1):
        result = export(
            tmp_path / str(offset), label_column="folder", label_offset=offset, columns=["path"]
        )
        found = records(tmp_path / str(offset), result)
        assert sorted(found[0]) == ["folder", "path"]
        names = (tmp_path / str(offset) / "folder.labels.txt").read_text().split()
        assert names == ["background"] * offset + ["bad_cap", "good", "missing_cap"]


@pytest.mark.parametrize(
    "values, message",
    [
        (["a", None], "has no class in 1 of 2 rows; fill them in, or leave the rows out"),
        (["a", ""], "has classes that cannot be lines of a list of names: ''; write them"),
        (["a", " a"], "a list of names: ' a'"),
        (["a", "b\nc"], r"a list of names: 'b\nc'"),
    ],
)
def test_class_names_that_no_list_can_hold_are_refused(tmp_path, values, message):
    manifest = read_manifest([{"label": value, "x": 1} for value in values])
    options = ExportOptions(label_column="label")
    with pytest.raises(UsageError, match="^column 'label' has") as caught:
        plan_export(make_plan(manifest).bind(manifest), options)
    assert message in str(caught.value)


def test_a_class_that_is_called_as_the_background_is_refused():
    manifest = read_manifest([{"label": "background"}, {"label": "b"}])
    options = ExportOptions(label_column="label", label_offset=1)
    with pytest.raises(UsageError, match="more than one class 'background'; rename one"):
        plan_export(make_plan(manifest).bind(manifest), options)


def test_columns_that_clash_with_those_of_an_image_are_refused():
    manifest = read_manifest([{"path": "a", "image/class/label": 1, "label": "x"}])
    options = ExportOptions(image_column="path", label_column="label")
    with pytest.raises(UsageError, match="^column 'image/class/label' has the name of an"):
        plan_export(make_plan(manifest).bind(manifest), options)


def test_nothing_to_write_is_refused():
    manifest = bundled_manifest()
    with pytest.raises(
        UsageError, match="^columns must name a column where there is no image_column$"
    ):
        plan_export(make_plan(manifest).bind(manifest), ExportOptions(columns=[]))


def odd_images(folder):
    """A folder of files that are no images, or bad ones, and what is said of each."""
    good = picture(folder / "good.png")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.png").write_bytes(good.read_bytes()[:-5])
    (folder / "text.png").write_text("no image")
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    picture(folder / "bomb.png", (12_000, 12_000), "1")
    return {
        "missing.png": "missing.png' cannot be read: No such file or directory; fix it",
        "empty.png": "'empty.png' cannot be used: it is empty",
        "cut.png": "'cut.png' cannot be used: it ends too early for a PNG image",
        "text.png": "'text.png' cannot be used: it is no PNG, JPEG, GIF, BMP or WebP image",
        "folder.png": "folder.png' cannot be read: Is a directory",
        "pipe.png": "pipe.png' cannot be read: it is not a regular file",
        "bomb.png": "'bomb.png' has 12000 x 12000 pixels, more than 100000000",
        "../good.png": "'../good.png' leads out of",
        "s3://bucket/a.png": "'s3://bucket/a.png' is a URI, and images must be local files; ",
        "a/../../good.png": "'a/../../good.png' leads out of",
        "a\nb.png": "a\\nb.png' cannot be read: No such file or directory",
        "n" * 256: "File name too long",
        "zero\0.png": "'zero\\x00.png' has a zero byte in it",
        None: "there is no path; leave the row out of the manifest",
    }


def test_an_image_that_cannot_be_used_ends_the_export_with_its_row_and_reason(tmp_path):
    folder = tmp_path / "images"
    for name, message in odd_images(folder).items():
        manifest = read_manifest(pa.table({"path": ["good.png", name]}))
        plan = make_plan(manifest)
        options = ExportOptions(image_column="path", image_root=str(folder))
        with pytest.raises(SampleFileError) as caught:
            export_tfrecord(manifest, plan, tmp_path / "out", options)
        text = str(caught.value)
        assert text.startswith("row 1: ")
        assert text.endswith(", or pass on_error='skip'")
        assert message in text
        assert "\n" not in text
        assert not [n for n in contents(tmp_path / "out") if "tfrecord" in n and n[0] != "."]


def test_images_that_cannot_be_used_are_skipped_if_asked_and_listed(tmp_path):
    folder = tmp_path / "images"
    reasons = odd_images(folder)
    manifest = read_manifest(pa.table({"path": ["good.png", *reasons]}))
    options = ExportOptions(image_column="path", image_root=str(folder), on_error="skip", shards=2)
    result = export_tfrecord(manifest, make_plan(manifest), tmp_path / "out", options)
    assert (result.records, result.skipped) == (1, len(reasons))
    lines = (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()
    listed = {one["path"]: one["reason"] for one in map(json.loads, lines)}
    assert listed.keys() == reasons.keys()
    assert all(reasons[path] in reason for path, reason in listed.items())
    assert not verify_export(tmp_path / "out", deep=True).damages


@pytest.mark.parametrize("name", ["é ✓.png", "sp ace.png", "n" * 251 + ".png", "a/b/../c.png"])
def test_images_of_odd_names_are_read(tmp_path, name):
    picture(tmp_path / name if ".." not in name else tmp_path / "a" / "c.png")
    (tmp_path / "a" / "b").mkdir(parents=True, exist_ok=True)
    manifest = read_manifest(manifest_of(tmp_path / "m.parquet", [name]))
    options = ExportOptions(image_column="path", image_root=str(tmp_path))
    result = export_tfrecord(manifest, make_plan(manifest), tmp_path / "out", options)
    [one] = records(tmp_path / "out", result)
    assert one["image/filename"].data[0].decode() == name


def test_an_image_column_that_is_no_text_is_refused():
    manifest = read_manifest([{"path": 1}])
    with pytest.raises(UsageError, match="column 'path' is int64, not text"):
        plan_export(make_plan(manifest).bind(manifest), ExportOptions(image_column="path"))


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "in"):
        assert message_of(lambda path=path: export(path)) == (
            f"5 '{path}' cannot be written to: it is not a folder; choose another folder"
        )


def test_without_sha256_the_checksums_of_the_records_guard_alone(tmp_path):
    manifest, plan, options = digits(shards=2, sha256=False)
    result = export_tfrecord(manifest, plan, tmp_path, options)
    assert all(not shard.sha256 for shard in result.shards)
    assert "image/key/sha256" not in records(tmp_path, result)[0]
    assert not verify_export(tmp_path, deep=True).damages


@pytest.mark.parametrize("field", ["names", "replaced"])
@pytest.mark.parametrize("name", ["../victim", "{outside}", "", "..", 7, "a\0b"])
def test_a_progress_file_cannot_have_files_outside_the_folder_deleted(tmp_path, field, name):
    victim, folder = tmp_path / "victim", tmp_path / "out"
    victim.write_text("kept")
    folder.mkdir()
    outside = name.format(outside=victim) if isinstance(name, str) else name
    head = {"digest": "another", "names": [], "replaced": []} | {field: [outside]}
    (folder / PROGRESS).write_text(json.dumps(head) + "\n")
    export(folder, overwrite=True)
    assert victim.read_text() == "kept"
    assert verify_export(folder).damages == ()


@pytest.mark.parametrize("text", ["", "{", "[]\n", '{"digest": 1, "odd": 2}\n', "nothing\n\n"])
def test_a_damaged_progress_file_tells_nothing(tmp_path, text):
    (tmp_path / PROGRESS).write_text(text)
    export(tmp_path)
    assert verify_export(tmp_path).damages == ()


def test_links_in_the_folder_are_not_written_through(tmp_path):
    victim, folder = tmp_path / "victim", tmp_path / "out"
    victim.write_text("kept")
    folder.mkdir()
    for name in ("samples-train.tfrecord-00000-of-00004", "export.json", "features.json"):
        part = folder / f".brevetti-sample.{name}.{os.getpid()}.part"
        part.symlink_to(victim)
        (folder / name).symlink_to(victim)
    (folder / PROGRESS).symlink_to(victim)
    export(folder, overwrite=True)
    assert victim.read_text() == "kept"
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert verify_export(folder).damages == ()


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_the_frames_of_an_animation_count_together_as_pixels(tmp_path, suffix):
    from PIL import Image

    more = [Image.new("RGB", (5, 3), 90 * n) for n in (1, 2)]
    picture(tmp_path / f"a.{suffix}", save_all=True, append_images=more)
    assert ImageFolder(str(tmp_path), max_pixels=45).read(f"a.{suffix}").header.pixels == 45
    assert message_of(lambda: ImageFolder(str(tmp_path), max_pixels=44).read(f"a.{suffix}")) == (
        f"4 'a.{suffix}' has 5 x 3 pixels, 45 in all frames, more than 44; make it smaller, or pass a "
        "larger max_pixels"
    )
