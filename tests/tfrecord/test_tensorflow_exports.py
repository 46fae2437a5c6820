"""Exports as others read them: TensorFlow Datasets, `tf.data`, and the reader for PyTorch."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from brevetti_sample import (
    ExportOptions,
    bundled_manifest,
    export_tfrecord,
    make_plan,
    read_manifest,
    read_tfrecord_dataset,
)
from brevetti_sample.errors import DamageError
from support.exports import DIGITS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("tensorflow"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """An export of the digits, and the rows that were drawn, as the manifest has them."""
    folder = tmp_path_factory.mktemp("digits")
    manifest = read_manifest(DIGITS)
    plan = make_plan(manifest, groupby="label", weighting="square root")
    options = ExportOptions(
        name="digits",
        shards=4,
        image_column="path",
        label_column="label",
        image_root=str(DIGITS.parent),
    )
    export_tfrecord(manifest, plan, folder, options)
    from brevetti_sample import draw

    whole = manifest.read(manifest.columns).to_pylist()
    rows = [whole[row] for draws in draw(plan, manifest) for row in draws.row.tolist()]
    return folder, rows


def pixels(path):
    return np.asarray(Image.open(DIGITS.parent / path))


def test_tensorflow_datasets_gives_images_and_labels_with_the_class_names(digits):
    import tensorflow_datasets as tfds

    folder, rows = digits
    builder = tfds.builder_from_directory(str(folder))
    assert builder.info.splits["train"].num_examples == 300
    assert builder.info.splits["train"].shard_lengths == [75] * 4
    label = builder.info.features["image/class/label"]
    assert label.names == list("0123456789")
    in_order = tfds.ReadConfig(interleave_cycle_length=1)  # else shards take turns
    read = list(builder.as_dataset(split="train", read_config=in_order).as_numpy_iterator())
    assert len(read) == 300
    for example, row in zip(read, rows, strict=True):
        assert label.int2str(int(example["image/class/label"])) == str(row["label"])
        assert example["image/filename"].decode() == row["path"]
        assert example["index"] == row["index"]
        assert (example["image/encoded"] == pixels(row["path"])[..., None]).all()
    pairs = builder.as_dataset(split="train[:10]", as_supervised=True)
    assert [int(number) for _, number in pairs] == [row["label"] for row in rows[:10]]
    assert sum(1 for _ in builder.as_dataset(split="train[25%:75%]")) == 150


def test_tf_data_gives_parsed_examples_with_images_decoded(digits):
    import tensorflow as tf

    folder, rows = digits
    read = list(read_tfrecord_dataset(folder))
    assert len(read) == 300
    for example, row in zip(read, rows, strict=True):
        assert example["image/class/text"].numpy().decode() == str(row["label"])
        assert int(example["image/class/label"]) == row["label"]
        image = tf.io.decode_image(example["image/encoded"]).numpy()
        assert (image[..., 0] == pixels(row["path"])).all()
        assert (int(example["image/height"]), int(example["image/width"])) == image.shape[:2]


PYTORCH = """
import sys
from tfrecord.reader import tfrecord_loader
description = {"image/encoded": "byte", "image/class/label": "int", "image/filename": "byte"}
for shard in sys.argv[1:]:
    for example in tfrecord_loader(shard, None, description):
        [label] = example["image/class/label"].tolist()
        name = bytes(example["image/filename"]).decode()
        print(label, name, bytes(example["image/encoded"]).hex())
"""


def test_the_reader_for_pytorch_gives_images_and_labels(digits):
    folder, rows = digits
    shards = map(str, sorted(folder.glob("*.tfrecord-*")))
    # In a process of its own, as its messages have the names of those of TensorFlow.
    done = subprocess.run(
        [sys.executable, "-c", PYTORCH, *shards], capture_output=True, text=True, check=True
    )
    read = [line.split() for line in done.stdout.splitlines()]
    for (label, path, encoded), row in zip(read, rows, strict=True):
        assert (int(label), path) == (row["label"], row["path"])
        image = np.asarray(Image.open(io.BytesIO(bytes.fromhex(encoded))))
        assert (image == pixels(row["path"])).all()


def test_lists_and_missing_values_are_vectors_of_any_length_for_all(tmp_path):
    import tensorflow_datasets as tfds

    table = pa.table(
        {
            "id": [0, 1, 2],
            "list": [[1.5, 2.5], [], None],
            "text": ["a", None, ""],
            "words": [["x"], ["y", "z"], []],
            "raw": [b"\xff", b"", b"\0x"],
            "box": [{"x": 1, "y": None}, {"x": 2, "y": 3}, {"x": 4, "y": 5}],
        }
    )
    manifest = read_manifest(table)
    plan = make_plan(manifest, shuffle=False)
    export_tfrecord(manifest, plan, tmp_path)
    expected = [
        {"box/x": 1, "box/y": [], "id": 0, "list": [1.5, 2.5], "raw": b"\xff", "text": [b"a"]},
        {"box/x": 2, "box/y": [3], "id": 1, "list": [], "raw": b"", "text": []},
        {"box/x": 4, "box/y": [5], "id": 2, "list": [], "raw": b"\0x", "text": [b""]},
    ]
    words = [[b"x"], [b"y", b"z"], []]
    expected = [row | {"words": w} for row, w in zip(expected, words, strict=True)]
    builder = tfds.builder_from_directory(str(tmp_path))
    for dataset in (read_tfrecord_dataset(tmp_path), builder.as_dataset(split="train")):
        read = [
            {name: np.asarray(value).tolist() for name, value in example.items()}
            for example in dataset.as_numpy_iterator()
        ]
        assert read == expected


def test_compressed_shards_are_read_by_tf_data(tmp_path):
    manifest = bundled_manifest()
    plan = make_plan(manifest, groupby="folder")
    export_tfrecord(manifest, plan, tmp_path, ExportOptions(compression="gzip", shards=3))
    assert sum(1 for _ in read_tfrecord_dataset(tmp_path)) == 180


def test_an_offset_gives_the_class_zero_to_the_background(tmp_path):
    import tensorflow_datasets as tfds

    manifest = bundled_manifest()
    plan = make_plan(manifest, groupby="folder")
    options = ExportOptions(label_column="folder", label_offset=1)
    export_tfrecord(manifest, plan, tmp_path, options)
    label = tfds.builder_from_directory(str(tmp_path)).info.features["folder"]
    assert label.names == ["background", "bad_cap", "good", "missing_cap"]


def test_a_folder_without_an_export_is_refused(tmp_path):
    with pytest.raises(DamageError, match="export.json' cannot be used"):
        read_tfrecord_dataset(tmp_path)


def test_images_of_all_formats_but_animations_are_decoded(tmp_path):
    import tensorflow as tf

    names = []
    for format in ("png", "jpeg", "bmp", "gif"):
        names.append(f"{format}.image")
        Image.new("RGB", (6, 4), (10, 20, 30)).save(tmp_path / names[-1], format.upper())
    manifest = read_manifest(pa.table({"path": names}))
    plan = make_plan(manifest, shuffle=False)
    options = ExportOptions(image_column="path", image_root=str(tmp_path))
    export_tfrecord(manifest, plan, tmp_path / "out", options)
    formats = []
    for example in read_tfrecord_dataset(tmp_path / "out"):
        image = tf.io.decode_image(example["image/encoded"], channels=3, expand_animations=False)
        assert image.shape == (4, 6, 3)
        formats.append(example["image/format"].numpy().decode())
    assert formats == ["png", "jpeg", "bmp", "gif"]
    assert json.loads((tmp_path / "out" / "features.json").read_text())["content"]
