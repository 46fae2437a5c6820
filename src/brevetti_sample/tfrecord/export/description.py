"""What stands beside the shards, so that others read them without code of theirs or ours.

`features.json`, `dataset_info.json` and a list of class names are those of TensorFlow Datasets
(https://www.tensorflow.org/datasets/external_tfrecord); the feature description in `export.json`
is for `tf.io.parse_example`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from brevetti_sample.tfrecord.format.features import Feature
from brevetti_sample.tfrecord.writing.image_records import IMAGE
from brevetti_sample.tfrecord.writing.options import ExportOptions
from brevetti_sample.tfrecord.writing.records import Samples

VERSION = "1.0.0"
_CONNECTORS = "tensorflow_datasets.core.features"
_TEMPLATE = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
_DTYPES = {"int64": "int64", "float": "float32", "bytes": "string"}


@dataclass(frozen=True)
class SplitSizes:
    """The sizes of a split.

    Attributes:
        name: of the split.
        records: how many records each shard has.
        bytes: those of all its shards.
    """

    name: str
    records: tuple[int, ...]
    bytes: int


def feature_records(samples: Samples) -> list[dict[str, Any]]:
    """Describe the features for `export.json`, in their order.

    Returns:
        For each its name, its kind, whether it may have any number of values (a list, or a value
        that is missing in some rows), whether it is text, and how it differs from the column.
    """
    gaps = samples.gaps()
    return [
        {
            "name": feature.name,
            "kind": feature.kind,
            "single": not (feature.repeated or feature.name in gaps),
            "text": feature.text,
            "source": str(feature.source),
            "change": feature.change,
        }
        for feature in samples.features()
    ]


def tfds_files(
    samples: Samples, options: ExportOptions, splits: Sequence[SplitSizes]
) -> dict[str, bytes]:
    """Write what TensorFlow Datasets needs to open the folder.

    Args:
        samples: the samples.
        options: the options.
        splits: the sizes of each split.

    Returns:
        The contents of each file, by name.
    """
    files = {
        "features.json": _json(_features(samples)),
        "dataset_info.json": _json(_info(samples, options, splits)),
    }
    if samples.label_feature is not None:
        name = samples.label_feature.replace("/", ".")
        files[f"{name}.labels.txt"] = "".join(f"{n}\n" for n in samples.class_names).encode()
    return files


def _features(samples: Samples) -> dict[str, Any]:
    gaps = samples.gaps()
    features = {
        feature.name: _connector(feature, samples, single=feature.name not in gaps)
        for feature in samples.features()
    }
    return {
        "type": f"{_CONNECTORS}.features_dict.FeaturesDict",
        "content": {"features": features},
        "proto_cls": "tensorflow_datasets.FeaturesDict",
    }


def _connector(feature: Feature, samples: Samples, *, single: bool) -> dict[str, Any]:
    if feature.name == IMAGE and samples.paths is not None:
        shape = {"dimensions": ["-1", "-1", "3"]}
        return _named("image_feature.Image", "image", {"shape": shape, "dtype": "uint8"})
    if feature.name == samples.label_feature:
        count = {"numClasses": str(len(samples.class_names))}
        return _named("class_label_feature.ClassLabel", "classLabel", count)
    if feature.text:
        plain = _named("text_feature.Text", "text", {})
    else:
        tensor = {"shape": {}, "dtype": _DTYPES[feature.kind], "encoding": "none"}
        plain = _named("tensor_feature.Tensor", "tensor", tensor)
    if single and not feature.repeated:
        return plain
    sequence = {"feature": plain, "length": "-1"}
    return _named("sequence_feature.Sequence", "sequence", sequence)


def _named(name: str, key: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"pythonClassName": f"{_CONNECTORS}.{name}", key: content}


def _info(samples: Samples, options: ExportOptions, splits: Sequence[SplitSizes]) -> dict[str, Any]:
    plan = samples.plan
    groups = " and ".join(plan.groupby) or "no column"
    drawn = f"Drawn from groups by {groups}, weighted by {plan.weighting}, seed {plan.seed}"
    if options.split_column is not None:
        drawn = f"Split by {options.split_column}; {options.split}: d{drawn[1:]}"
        drawn += "; the others: each row once"
    info: dict[str, Any] = {
        "name": options.name,
        "version": VERSION,
        "description": f"{drawn}; export.json has the plan.",
        "fileFormat": "tfrecord",
        "splits": [
            {
                "name": split.name,
                "shardLengths": [str(count) for count in split.records],
                "numBytes": str(split.bytes),
                "filepathTemplate": _TEMPLATE,
            }
            for split in splits
        ],
    }
    if samples.paths is not None and samples.label_feature is not None:
        keys = [{"featureKey": IMAGE}, {"featureKey": samples.label_feature}]
        info["supervisedKeys"] = {"tuple": {"items": keys}}
    return info


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
