"""Maps: files, images, one-hot classes; and what is made of them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from brevetti_sample import (
    DataGenerator,
    DataGeneratorMap,
    FileLoader,
    ImageLoader,
    OneHotEncoder,
    build_image_data_generator,
    predict_dataset,
)
from brevetti_sample.errors import ColumnError, SampleFileError, UsageError
from brevetti_sample.images.read_bytes import SampleFiles
from support.program import ROOT

DIGITS = ROOT / "sample_manifests" / "digits"


def one(loader, path, key, **settings):
    """The value that a loader gives for one path."""
    generator = DataGenerator([{"path": str(path)}], 1, **settings).map(loader)
    return next(generator.get_dataset_numpy(batch=False))[key]


def test_files_are_read_from_relative_and_absolute_paths(tmp_path):
    (tmp_path / "ä b.bin").write_bytes(b"\x00\xff")
    assert one(FileLoader(root=str(tmp_path)), "ä b.bin", "data") == b"\x00\xff"
    assert one(FileLoader(root=tmp_path), tmp_path / "ä b.bin", "data") == b"\x00\xff"
    assert one(FileLoader(output_key="bytes"), tmp_path / "ä b.bin", "bytes") == b"\x00\xff"
    uri = f"file://{tmp_path}/%C3%A4%20b.bin"
    assert one(FileLoader(schemes=["file"]), uri, "data") == b"\x00\xff"


class Bucket(BaseHTTPRequestHandler):
    """As much of a web server, and of an object store, as reading needs."""

    content = b"remote \xff"

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer(self.content)

    def answer(self, body=b""):
        found = self.path.split("?")[0] in ("/file", "/bucket/file")
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(self.content) if found else 0))
        self.send_header("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")
        self.send_header("ETag", '"0"')
        self.end_headers()
        self.wfile.write(body if found else b"")

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    httpd = HTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def test_files_are_read_from_the_web(server):
    loader = FileLoader(schemes=["http"])
    assert one(loader, f"http://{server}/file", "data") == b"remote \xff"
    assert one(FileLoader(root=f"http://{server}"), "file", "data") == b"remote \xff"
    with pytest.raises(SampleFileError, match=r"^'http://.*/no' cannot be read: .*404"):
        SampleFiles(f"http://{server}").read("no")


def test_files_are_read_from_an_object_store(server, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    options = f"scheme=http&endpoint_override={server}&region=us-east-1"
    loader = FileLoader(schemes=["s3"])
    assert one(loader, f"s3://bucket/file?{options}", "data") == b"remote \xff"
    with pytest.raises(SampleFileError, match=r"^'s3://bucket/no\?"):
        SampleFiles("s3://bucket").read(f"no?{options}")


def test_the_name_of_a_file_need_not_be_utf_8(tmp_path):
    (tmp_path / "a\udcff").write_bytes(b"content")
    path = bytes(tmp_path / "a\udcff")
    assert FileLoader().load(tf.constant(path))[0] == b"content"
    with pytest.raises(SampleFileError, match=r"b\\xff' cannot be read"):
        FileLoader().load(tf.constant(path.replace(b"a\xff", b"b\xff")))


@pytest.mark.parametrize(
    "path, reason",
    [
        ("no/such.png", "No such file or directory"),
        ("http://127.0.0.1:1/x", "<urlopen error .*refused>"),
        ("odd://x/y", "Unrecognized filesystem type in URI: odd://x/y"),
        ("/", "Is a directory"),
        ("/dev/zero", "it is not a regular file"),
        ("file:///dev/zero", "it is not a regular file"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(path, reason):
    message = f"'{path}' cannot be read: {reason}; fix the path, or leave the sample out"
    schemes = ("http", "odd", "file")
    with pytest.raises(SampleFileError, match=f"^{message}$"):
        SampleFiles(schemes=schemes).read(path)
    loader = FileLoader(schemes=schemes)
    with pytest.raises(SampleFileError, match=f"^{message}$"):
        one(loader, path, "data")
    with pytest.raises(tf.errors.UnknownError, match=f"SampleFileError: {message}"):
        next(iter(DataGenerator([{"path": path}]).map(loader).get_dataset()))


@pytest.mark.parametrize("path", ["", None])
def test_a_sample_without_a_path_is_an_error(path):
    generator = DataGenerator([{"path": path}, {"path": "x"}]).map(FileLoader(root=DIGITS))
    with pytest.raises(SampleFileError, match="a sample has no path; fix the column of paths, or"):
        next(generator.get_dataset_numpy())


def test_a_file_that_cannot_be_read_is_empty_where_asked():
    samples = [{"path": "no/such.png"}, {"path": "images/0/0000.png"}]
    loader = FileLoader(root=DIGITS, on_error="empty")
    batch = next(DataGenerator(samples).map(loader).get_dataset_numpy())
    assert [len(data) > 0 for data in batch["data"].tolist()] == [False, True]
    images = ImageLoader(root=DIGITS, on_error="empty", target_size=(8, 8), channels=1)
    samples += [{"path": "manifest.csv"}]
    black, digit, table = next(DataGenerator(samples).map(images).get_dataset_numpy())["img"]
    assert (black.max(), digit.max() > 0, table.max()) == (0, True, 0)


def test_a_subclass_extends_what_is_loaded():
    class Lengths(FileLoader):
        metadata_spec: ClassVar = {"id": None, "half": lambda value: value / 2, "missing": None}

        def load(self, path, metadata=None):
            data, more = super().load(path)
            return data, {**more, "length": tf.strings.length(data), "more": metadata["half"]}

    generator = DataGenerator([{"path": "images/0/0000.png", "id": 1, "half": 5}])
    batch = next(generator.map(Lengths(root=DIGITS)).get_dataset_numpy())
    size = (DIGITS / "images/0/0000.png").stat().st_size
    assert (batch["length"].tolist(), batch["more"].tolist()) == ([size], [2.5])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """An image of 6 x 4 pixels in every format, and with odd sizes in the header."""
    folder = tmp_path_factory.mktemp("pictures")
    pixels = tf.constant(np.arange(72).reshape(4, 6, 3) % 7 * 30, tf.uint8)
    png = tf.io.encode_png(pixels).numpy()
    row = pixels.numpy()[:, :, ::-1].tobytes()
    bmp = b"BM" + (54 + 80).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    bmp += b"".join(n.to_bytes(4, "little", signed=True) for n in (40, 6, -4))
    bmp += (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24)
    bmp += b"".join(row[i * 18 : i * 18 + 18] + bytes(2) for i in range(4))
    gif = bytes.fromhex(
        "474946383961060004008000000000ffffff2c0000000006000400000205848fa9070500 3b".replace(
            " ", ""
        )
    )
    files = {
        "a.png": png,
        "a.jpg": tf.io.encode_jpeg(pixels).numpy(),
        "a.bmp": bmp,
        "a.gif": gif,
        "wrong_suffix.jpg": png,
        "bomb.png": png[:16] + (60_000).to_bytes(4, "big") * 2 + png[24:],
        "cut.png": png[:-30],
        "short.png": png[:10],
        "empty.png": b"",
        "text.png": b"no image at all, but long enough to hold a header",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "wrong_suffix.jpg"])
def test_images_of_every_format_are_decoded(pictures, name):
    image = one(ImageLoader(root=pictures), name, "img")
    assert (image.shape, image.dtype) == ((4, 6, 3), np.uint8)
    assert np.abs(image.astype(int)[0, 0, :] - [0, 30, 60]).max() < 40


@pytest.mark.parametrize(
    "settings, shape, dtype",
    [
        ({}, (4, 6, 3), np.uint8),
        ({"channels": 1}, (4, 6, 1), np.uint8),
        ({"channels": 4}, (4, 6, 4), np.uint8),
        ({"channels": 0}, (4, 6, 3), np.uint8),
        ({"target_size": (8, 3)}, (8, 3, 3), np.float32),
        ({"target_size": [2, 2], "antialias": False, "output_key": "x"}, (2, 2, 3), np.float32),
    ],
    ids=str,
)
def test_images_have_the_channels_and_size_that_are_asked(pictures, settings, shape, dtype):
    image = one(ImageLoader(root=pictures, **settings), "a.png", settings.get("output_key", "img"))
    assert (image.shape, image.dtype) == (shape, dtype)
    assert 0 <= image.min() <= image.max() <= 255


@pytest.mark.parametrize(
    "name, channels, reason",
    [
        ("bomb.png", 3, "its 60000 x 60000 pixels are more than max_pixels, 100000000"),
        ("short.png", 3, "it is a PNG image without a header"),
        ("empty.png", 3, "it is empty"),
        ("text.png", 3, "it is no PNG, JPEG, GIF, BMP or WebP image"),
        ("cut.png", 3, "it ends too early for a PNG image"),
        ("a.jpg", 4, ".*channels.*"),
        ("a.bmp", 1, ".*channels.*"),
    ],
)
def test_what_cannot_be_decoded_is_an_error_that_names_it(pictures, name, channels, reason):
    message = f"^'{pictures}/{name}' cannot be decoded: {reason}; fix the file, or leave th"
    with pytest.raises(SampleFileError, match=message):
        one(ImageLoader(root=pictures, channels=channels), name, "img")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ImageLoader(channels=2), "channels must be 0 (as in the file), 1, 3 or 4, not 2"),
        (lambda: ImageLoader(target_size=(8,)), "target_size must be (height, width) in pixels, not (8,)"),
        (lambda: ImageLoader(target_size=5), "target_size must be (height, width) in pixels, not 5"),
        (lambda: ImageLoader(on_error="empty"), "target_size is needed with on_error='empty': the size of the black images"),
        (lambda: OneHotEncoder([None, "a"]), "classes must be texts or integers, not 'None', 'a'"),
        (lambda: next(predict_dataset(len, [1])), "dataset must be a DataGenerator, not list"),
        (lambda: ImageLoader(target_size=(8, 0)), "target_size must be (height, width) in pixels, not (8, 0)"),
        (lambda: ImageLoader(max_pixels=0), "max_pixels must be at least 1, not 0"),
        (lambda: FileLoader(on_error="skip"), "on_error must be 'fail' or 'empty', not 'skip'"),
        (lambda: OneHotEncoder([]), "classes must be different, and at least one: there is none"),
        (lambda: OneHotEncoder(["a", "a"]), "classes must be different, and at least one: 'a' is there twice"),
        (lambda: build_image_data_generator([{"path": "a", "category": "b"}], augmentation={"flip": 1}), "augmentation must be a map or a list of maps, not a dictionary of settings"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(make, message):
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message
    assert caught.value.parameter == message.split()[0]


@pytest.mark.parametrize(
    "classes, values, expected",
    [
        (["a", "b"], ["b", "a", "x"], [[0, 1], [1, 0], [0, 0]]),
        ([7, 300], [300, 7, 8], [[0, 1], [1, 0], [0, 0]]),
        (["a", "b"], [["a"], ["b"], ["x"]], [[1, 0], [0, 1], [0, 0]]),
        (["a", "b"], [["a", "b"], [], ["b"]], [[1, 1], [0, 0], [0, 1]]),
        ([0, 5], [[5], [], [5, 9]], [[0, 1], [0, 0], [0, 1]]),
        (["a"], [[], [], []], [[0], [0], [0]]),
    ],
    ids=str,
)
def test_classes_are_encoded(classes, values, expected):
    samples = pd.DataFrame({"category": pd.Series(values, dtype=object)})
    if values == [[], [], []]:
        import pyarrow as pa

        samples = pa.table({"category": pa.array(values, pa.list_(pa.string()))})
    encoded = next(DataGenerator(samples, 3).map(OneHotEncoder(classes)).get_dataset_numpy())[
        "onehot"
    ]
    assert (encoded.tolist(), encoded.dtype) == (expected, np.float32)


def test_a_map_must_say_what_it_does():
    with pytest.raises(TypeError, match="abstract"):
        DataGeneratorMap()


def digits(count=12):
    frame = pd.read_csv(DIGITS / "manifest.csv", dtype={"label": str}).iloc[:: 300 // count]
    return frame.rename(columns={"label": "category"})


def test_a_generator_of_images_gives_images_and_classes():
    generator = build_image_data_generator(
        digits(), image={"root": str(DIGITS), "channels": 1}, batch_size=4, seed=1
    )
    images, onehot = next(generator.get_dataset_numpy())
    assert (images.shape, onehot.shape) == ((4, 8, 8, 1), (4, 7))
    assert onehot.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert len(generator.get_dataset_actions()) == 2


def test_a_generator_of_images_takes_classes_maps_and_augmentations():
    def invert(x, sample_seed):
        return {**x, "img": 255 - x["img"]}

    settings = {"classes": ["1", "0"], "image": ImageLoader(root=DIGITS)}
    plain = build_image_data_generator(digits(), **settings)
    inverted = build_image_data_generator(
        iter(digits().to_dict("records")), augmentation=invert, **settings
    )
    one_image, onehot = next(plain.get_dataset_numpy())
    other, _ = next(inverted.get_dataset_numpy())
    assert ((one_image + other) == 255).all()
    assert onehot.shape[1] == 2
    assert (
        len(
            build_image_data_generator(
                digits(), augmentation=[None, invert], **settings
            ).get_dataset_actions()
        )
        == 3
    )


def test_classes_are_found_in_lists_and_without_the_unlabelled():
    samples = [{"path": "a", "category": c} for c in (["b"], ["a", "b"], ["__UNLABELED__"])]
    generator = build_image_data_generator(samples, image=lambda x: {**x, "img": x["path"]})
    assert next(generator.get_dataset_numpy())[1].tolist() == [[0, 1], [1, 1], [0, 0]]


def test_samples_without_paths_or_categories_are_refused():
    with pytest.raises(ColumnError, match="the table has no column 'category'"):
        build_image_data_generator([{"path": "a"}])


def test_predictions_of_a_keras_model_stand_beside_the_samples():
    generator = build_image_data_generator(
        digits(), image={"root": str(DIGITS), "channels": 1}, batch_size=5, seed=1
    )
    inputs = tf.keras.Input((8, 8, 1))
    flat = tf.keras.layers.Flatten()(inputs)
    model = tf.keras.Model(
        inputs,
        [
            tf.keras.layers.Dense(3, name="first")(flat),
            tf.keras.layers.Dense(2, name="second")(flat),
        ],
    )
    batches = list(predict_dataset(model, generator))
    assert [len(batch["path"]) for batch in batches] == [5, 5, 2]
    assert batches[0]["second"].shape == (5, 2)
    images, _ = next(generator.get_dataset_numpy())
    np.testing.assert_allclose(batches[0]["first"], model.predict_on_batch(images)[0], rtol=1e-5)
    single = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(4, name="only")])
    assert "only" in next(predict_dataset(single, generator))


def test_predictions_of_functions_are_named_and_mapped():
    generator = DataGenerator([{"id": 2}, {"id": 3}], 2, output_structure={"x": "id"})
    [batch] = predict_dataset(
        lambda x: {"y": x + 1}, generator, map_output=lambda y: {"z": -y["y"]}
    )
    assert batch["z"].numpy().tolist() == [-3, -4]
    with pytest.raises(
        UsageError, match="the model returns 2 outputs and has 0 names for them; let"
    ):
        list(predict_dataset(lambda x: (x, x), generator))


def test_predictions_of_an_endless_generator_end_after_an_epoch():
    generator = DataGenerator(
        [{"id": i} for i in range(7)], 2, True, True, output_structure=("id",)
    )
    assert len(list(predict_dataset(lambda x: x, generator))) == 4


def test_predictions_stand_beside_the_samples_that_a_subclass_lets_through():
    class Evens(DataGenerator):
        def build_dataset(self, ds):
            return ds.unbatch().filter(lambda x: x["id"] % 2 == 0).batch(2)

    generator = Evens([{"id": i, "list": [1] * i} for i in range(8)], 2, output_structure="id")
    batches = list(predict_dataset(lambda x: 10 * x, generator))
    assert [batch["id"].numpy().tolist() for batch in batches] == [[0, 2], [4, 6]]
    assert [batch["output"].numpy().tolist() for batch in batches] == [[0, 20], [40, 60]]


def test_predictions_know_their_samples_after_maps_of_all_sorts():
    class Alone:
        apply_unbatched = True

        def __call__(self, x, sample_seed):
            return {"x": tf.cast(x["id"], tf.int64) + sample_seed[1]}

    samples = [{"id": i, "list": ["a"] * (i % 3)} for i in range(5)]
    generator = DataGenerator(samples, 2, output_structure=("x",)).map(Alone())
    batches = list(predict_dataset(lambda x: x, generator))
    assert [b["output"].numpy().tolist() for b in batches] == [[0, 2], [4, 6], [8]]
    assert [b["id"].numpy().tolist() for b in batches] == [[0, 1], [2, 3], [4]]
    assert [b["list"].to_list() for b in batches][1] == [[b"a", b"a"], []]
    assert "_draw" not in batches[0]


def test_outputs_that_are_no_dictionary_are_refused():
    generator = DataGenerator([{"id": 1}], output_structure="id")
    with pytest.raises(UsageError, match="map_output must return a dictionary, not EagerTensor"):
        list(predict_dataset(lambda x: x, generator, map_output=lambda y: y["output"]))
