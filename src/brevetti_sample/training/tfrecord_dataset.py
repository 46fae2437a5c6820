"""An export as a `tf.data` data set."""

from __future__ import annotations

import os
from typing import Any

from brevetti_sample.errors import DamageError, UsageError
from brevetti_sample.files.failures import raise_if_exhausted
from brevetti_sample.files.local_path import local_path
from brevetti_sample.messages import printable
from brevetti_sample.tfrecord.writing.folder import EXPORT, Export, read_export, shards_by_split


def read_tfrecord_dataset(folder: str | os.PathLike[str], split: str | None = None) -> Any:
    """Read an export with TensorFlow: each record parsed, in the order of the draws.

    Args:
        folder: what `export_tfrecord` wrote.
        split: which of its splits; by default the one that is drawn.

    Returns:
        A `tf.data.Dataset` of dictionaries from the names of the features to tensors of type
        int64, float32 or string: scalars, or vectors of any length for lists and for features
        that some samples have no value of. Images are as their files are: see
        `tf.io.decode_image`.

    Raises:
        UsageError: no such split, or a URI.
        DamageError: no `export.json`, or a damaged one.
    """
    import tensorflow as tf

    export = _open(local_path(folder, "folder"))
    description = feature_description(export, tf)
    splits = shards_by_split(export)
    if split is not None and split not in splits:
        raise UsageError.unknown("split", split, list(splits))
    shards = splits[split or export.saved.split]
    files = [os.path.join(folder, shard.name) for shard in shards]
    packing = "GZIP" if export.saved.compression == "gzip" else ""
    records = tf.data.TFRecordDataset(files, compression_type=packing)
    return records.map(
        lambda record: tf.io.parse_single_example(record, description),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )


def feature_description(export: Export, tf: Any) -> dict[str, Any]:
    """Make the description that `tf.io.parse_single_example` takes.

    Args:
        export: an `export.json`.
        tf: the module `tensorflow`.
    """
    types = {"int64": tf.int64, "float": tf.float32, "bytes": tf.string}
    return {
        feature.name: tf.io.FixedLenFeature([], types[feature.kind])
        if feature.single
        else tf.io.FixedLenSequenceFeature([], types[feature.kind], allow_missing=True)
        for feature in export.saved.features
    }


def _open(folder: str) -> Export:
    try:
        return read_export(folder)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            raise_if_exhausted(error)
        raise DamageError(
            f"cannot be used ({printable(error)})",
            path=os.path.join(folder, EXPORT),
            advice="write the export again",
        ) from error
