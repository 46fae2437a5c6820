"""Maps for the data generator: files, images and one-hot classes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from brevetti_sample.arguments import MAX_PIXELS
from brevetti_sample.arrays.types import UInt8Array
from brevetti_sample.errors import SampleFileError, UsageError, argument
from brevetti_sample.images.decode import decode_image
from brevetti_sample.images.header import check_start
from brevetti_sample.images.read_bytes import SampleFiles, as_schemes
from brevetti_sample.messages import listed

from .structure import value_of


class DataGeneratorMap(ABC):
    """A function to map over samples; see `DataGenerator.map`.

    Attributes:
        apply_unbatched: whether it takes one sample at a time, instead of a batch.

    Example:
        >>> from brevetti_sample import DataGenerator
        >>> class Doubled(DataGeneratorMap):
        ...     def __call__(self, x, *args, **kwargs):
        ...         return {**x, "id": 2 * x["id"]}
        >>> next(DataGenerator([{"id": 4}]).map(Doubled()).get_dataset_numpy())["id"]
        array([8])
    """

    apply_unbatched: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, x: dict[str, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Map samples.

        Args:
            x: tensors by column.
            args: none so far.
            kwargs: the ``seed``, an integer in [0, 2^32).

        Returns:
            Tensors by key.

        Example:
            >>> FileLoader(path_key="file")({"file": "README.md"})["data"].shape.rank
            0
        """


class FileLoader(DataGeneratorMap):
    """Read the file of each sample.

    Args:
        path_key: the column of paths.
        output_key: where the bytes go.
        root: the folder or URI from which relative paths start, and which they do not leave by
            ``..``; links are followed. Absolute paths are read as they are.
        schemes: the schemes of URIs that may be read, such as ``("https", "s3", "gs")``; without
            it only local files are, and what is below a ``root`` that is a URI.
        on_error: ``"fail"``: a file that cannot be read ends the iteration with an error that
            names it; ``"empty"``: its bytes are empty.

    Raises:
        UsageError: another ``on_error``.

    Example:
        >>> from brevetti_sample import DataGenerator
        >>> loader = FileLoader(root="sample_manifests/digits")
        >>> generator = DataGenerator([{"path": "images/0/0000.png"}]).map(loader)
        >>> next(generator.get_dataset_numpy(batch=False))["data"][1:4]
        b'PNG'
    """

    apply_unbatched: ClassVar[bool] = True
    metadata_spec: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        path_key: str = "path",
        output_key: str = "data",
        *,
        root: str | os.PathLike[str] = "",
        schemes: Sequence[str] = (),
        on_error: str = "fail",
    ) -> None:
        if on_error not in ("fail", "empty"):
            raise UsageError(f"must be 'fail' or 'empty', not {on_error!r}", parameter="on_error")
        self.path_key, self.output_key = path_key, output_key
        self.root, self.on_error = str(root), on_error
        self.schemes = as_schemes(schemes)

    def load(
        self, path: Any, metadata: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Read one file; to be extended in a subclass.

        Args:
            path: string tensor [].
            metadata: the values of the columns in ``metadata_spec``.

        Returns:
            string tensor [], the bytes; and more values by key.

        Example:
            >>> data, more = FileLoader().load("sample_manifests/digits/images/0/0000.png")
            >>> data.numpy()[1:4], more
            (b'PNG', {})
        """
        import tensorflow as tf

        data = tf.numpy_function(self._read, [tf.convert_to_tensor(path)], tf.string)
        return tf.ensure_shape(data, []), {}

    def _read(self, path: Any) -> bytes:
        try:
            return SampleFiles(self.root, self.schemes).read(_text(path), self._check)
        except SampleFileError:
            if self.on_error == "empty":
                return b""
            raise

    def _check(self, start: bytes) -> None:
        """Refuse a large file by its beginning, before all of it is read."""

    def __call__(self, x: dict[str, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the bytes of one sample's file.

        Example:
            >>> loader = FileLoader(root="sample_manifests/digits")
            >>> loader({"path": "images/0/0000.png"})["data"].dtype.name
            'string'
        """
        metadata = {
            key: x[key] if convert is None else convert(x[key])
            for key, convert in self.metadata_spec.items()
            if key in x
        }
        data, more = self.load(value_of(x, self.path_key), metadata=metadata)
        return {**x, self.output_key: data, **more}


def _text(path: Any) -> str:
    # Outside of a data set TensorFlow hands on an array.
    return os.fsdecode(np.asarray(path, dtype=object).item())


class ImageLoader(FileLoader):
    """Read and decode the image of each sample: PNG, JPEG, BMP, or the first frame of a GIF.

    Args:
        path_key: the column of paths.
        output_key: where the images go.
        target_size: (height, width) in pixels to resize to; without it a batch must be of one size.
        channels: 1 grey, 3 red-green-blue, 4 with alpha, 0 as in the file.
        antialias: whether to smooth where an image becomes smaller.
        max_pixels: a larger image is refused by its header, before it is decoded.
        root: as of `FileLoader`.
        schemes: as of `FileLoader`.
        on_error: ``"fail"``, or ``"empty"``: what cannot be read or decoded is a black image of
            the ``target_size``.

    It adds uint8 [height, width, channels], or float32 in [0, 255] if it is resized.

    Raises:
        UsageError: a size or number of channels that makes no sense.

    Example:
        >>> from brevetti_sample import DataGenerator
        >>> loader = ImageLoader(root="sample_manifests/digits", channels=1)
        >>> generator = DataGenerator([{"path": "images/0/0000.png"}]).map(loader)
        >>> next(generator.get_dataset_numpy())["img"].shape
        (1, 8, 8, 1)
    """

    def __init__(
        self,
        path_key: str = "path",
        output_key: str = "img",
        *,
        target_size: Sequence[int] | None = None,
        channels: int = 3,
        antialias: bool = True,
        max_pixels: int = MAX_PIXELS,
        root: str | os.PathLike[str] = "",
        schemes: Sequence[str] = (),
        on_error: str = "fail",
    ) -> None:
        super().__init__(path_key, output_key, root=root, schemes=schemes, on_error=on_error)
        if channels not in (0, 1, 3, 4):
            raise UsageError(
                f"must be 0 (as in the file), 1, 3 or 4, not {channels}", parameter="channels"
            )
        size = tuple(target_size) if isinstance(target_size, tuple | list) else target_size
        pair = isinstance(size, tuple) and len(size) == 2
        if size is not None and not (pair and all(type(n) is int and n > 0 for n in size)):
            raise UsageError(
                f"must be (height, width) in pixels, not {target_size}", parameter="target_size"
            )
        if size is None and on_error == "empty":
            raise UsageError(
                f"is needed with {argument('on_error', 'empty')}: the size of the black images",
                parameter="target_size",
            )
        if max_pixels < 1:
            raise UsageError(f"must be at least 1, not {max_pixels}", parameter="max_pixels")
        self.target_size, self.channels = size, channels
        self.antialias, self.max_pixels = antialias, max_pixels

    def load(
        self, path: Any, metadata: Mapping[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Read and decode one image: uint8 or float32 tensor [height, width, channels].

        Example:
            >>> loader = ImageLoader(root="sample_manifests/digits", target_size=(4, 4))
            >>> image, _ = loader.load("images/0/0000.png")
            >>> image.shape.as_list(), image.dtype.name
            ([4, 4, 3], 'float32')
        """
        import tensorflow as tf

        data, more = super().load(path, metadata)
        path = tf.convert_to_tensor(path)
        image = tf.numpy_function(self._decode, [data, path], tf.uint8)
        image = tf.ensure_shape(image, [None, None, self.channels or None])
        if self.target_size is not None:
            image = tf.image.resize(image, self.target_size, antialias=self.antialias)
        return image, more

    def _check(self, start: bytes) -> None:
        check_start(start)

    def _decode(self, data: Any, path: Any) -> UInt8Array:
        try:
            content = np.asarray(data, dtype=object).item()
            file = SampleFiles(self.root, self.schemes).resolve(_text(path))
            return decode_image(content, file, self.channels, self.max_pixels)
        except SampleFileError:
            if self.on_error == "empty" and self.target_size is not None:
                return np.zeros((*self.target_size, self.channels or 3), dtype=np.uint8)
            raise


class OneHotEncoder(DataGeneratorMap):
    """Encode classes as vectors of one 1.

    Args:
        classes: the classes, texts or integers, in the order of the vector.
        input_key: the column of classes.
        output_key: where the vectors go.

    It adds float32 [batch, classes]; all 0 for a class that is not among them. For a column of
    lists of classes, each class of the list is a 1.

    Raises:
        UsageError: no class, or one twice.

    Example:
        >>> from brevetti_sample import DataGenerator
        >>> generator = DataGenerator([{"category": "b"}]).map(OneHotEncoder(["a", "b"]))
        >>> next(generator.get_dataset_numpy())["onehot"]
        array([[0., 1.]], dtype=float32)
    """

    def __init__(
        self, classes: Sequence[Any], input_key: str = "category", output_key: str = "onehot"
    ) -> None:
        # NumPy's texts and integers as Python's.
        self.classes = [c.item() if isinstance(c, np.generic) else c for c in classes]
        kinds = {type(c) for c in self.classes}
        if kinds - {str, bytes} and not all(isinstance(c, int | np.integer) for c in self.classes):
            raise UsageError(
                f"must be texts or integers, not {listed(self.classes, 3)}", parameter="classes"
            )
        twice = sorted(str(c) for c, count in Counter(self.classes).items() if count > 1)
        if not self.classes or twice:
            wrong = f"{listed(twice)} is there twice" if twice else "there is none"
            raise UsageError(f"must be different, and at least one: {wrong}", parameter="classes")
        self.input_key = input_key
        self.output_key = output_key

    def encode(self, item: Any) -> Any:
        """Encode a tensor of classes [...]: float32 [..., classes].

        Example:
            >>> import tensorflow as tf
            >>> OneHotEncoder(["a", "b"]).encode(tf.constant("b")).numpy()
            array([0., 1.], dtype=float32)
        """
        import tensorflow as tf

        classes = tf.constant(self.classes)
        if (classes.dtype == tf.string) != (item.dtype == tf.string):
            raise UsageError(
                f"is {item.dtype.name}, the {argument('classes')} are {classes.dtype.name}",
                column=self.input_key,
                advice="make both texts, or both integers",
            )
        if classes.dtype != item.dtype and classes.dtype != tf.string:
            classes, item = tf.cast(classes, tf.int64), tf.cast(item, tf.int64)
        return tf.cast(tf.equal(tf.expand_dims(item, -1), classes), tf.float32)

    def __call__(self, x: dict[str, Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the codes of a batch.

        Example:
            >>> import tensorflow as tf
            >>> batch = {"category": tf.constant(["b", "a"])}
            >>> OneHotEncoder(["a", "b"])(batch)["onehot"].numpy().tolist()
            [[0.0, 1.0], [1.0, 0.0]]
        """
        import tensorflow as tf

        item = value_of(x, self.input_key)
        if isinstance(item, tf.RaggedTensor):
            code = tf.reduce_max(tf.ragged.map_flat_values(self.encode, item), axis=1)
        else:
            code = self.encode(item)
            code = tf.reduce_max(code, axis=1) if item.shape.rank == 2 else code
        # The largest of nothing is less than 0.
        return {**x, self.output_key: tf.maximum(code, 0.0)}
