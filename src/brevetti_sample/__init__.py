"""Draw samples from an imbalanced data set with controlled frequency, reproducibly.

The command line is `brevetti-sample`; this is the same as a library:

    >>> import brevetti_sample as bs
    >>> manifest = bs.bundled_manifest()
    >>> plan = bs.make_plan(manifest, groupby="folder", weighting="square root", seed=1)
    >>> [len(draws) for draws in bs.draw(plan, manifest, stop=180)]
    [180]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batches import Shard as Shard
    from .batches import draw as draw
    from .data_generator import DataGenerator as DataGenerator
    from .errors import ColumnError as ColumnError
    from .errors import DamageError as DamageError
    from .errors import ManifestError as ManifestError
    from .errors import OutputError as OutputError
    from .errors import PlanError as PlanError
    from .errors import SampleError as SampleError
    from .errors import SampleFileError as SampleFileError
    from .errors import SkippedError as SkippedError
    from .errors import UsageError as UsageError
    from .errors import WeightingError as WeightingError
    from .frequency import Frequency as Frequency
    from .frequency import frequency_table as frequency_table
    from .grouping import Grouping as Grouping
    from .grouping import group_rows as group_rows
    from .image_generator import build_image_data_generator as build_image_data_generator
    from .manifest import Manifest as Manifest
    from .manifest import bundled_manifest as bundled_manifest
    from .manifest import read_manifest as read_manifest
    from .maps import DataGeneratorMap as DataGeneratorMap
    from .maps import FileLoader as FileLoader
    from .maps import ImageLoader as ImageLoader
    from .maps import OneHotEncoder as OneHotEncoder
    from .plan import Plan as Plan
    from .plan import make_plan as make_plan
    from .prediction import predict_dataset as predict_dataset
    from .replay import ReplayStream as ReplayStream
    from .replay import open_stream as open_stream
    from .report.page import make_report as make_report
    from .sampler import StratifiedSampler as StratifiedSampler
    from .scan import Scan as Scan
    from .scan import scan_folder as scan_folder
    from .split import Split as Split
    from .split import split_manifest as split_manifest
    from .stream import Draws as Draws
    from .stream import Stream as Stream
    from .tfrecord.contents import ExportResult as ExportResult
    from .tfrecord.dataset import read_tfrecord_dataset as read_tfrecord_dataset
    from .tfrecord.export import export_tfrecord as export_tfrecord
    from .tfrecord.options import ExportOptions as ExportOptions
    from .tfrecord.verify import Verification as Verification
    from .tfrecord.verify import verify_export as verify_export
    from .weighting import weigh as weigh

__version__ = "0.1.0"

__all__ = [
    "ColumnError",
    "DamageError",
    "DataGenerator",
    "DataGeneratorMap",
    "Draws",
    "ExportOptions",
    "ExportResult",
    "FileLoader",
    "Frequency",
    "Grouping",
    "ImageLoader",
    "Manifest",
    "ManifestError",
    "OneHotEncoder",
    "OutputError",
    "Plan",
    "PlanError",
    "ReplayStream",
    "SampleError",
    "SampleFileError",
    "Scan",
    "Shard",
    "SkippedError",
    "Split",
    "StratifiedSampler",
    "Stream",
    "UsageError",
    "Verification",
    "WeightingError",
    "build_image_data_generator",
    "bundled_manifest",
    "draw",
    "export_tfrecord",
    "frequency_table",
    "group_rows",
    "make_plan",
    "make_report",
    "open_stream",
    "predict_dataset",
    "read_manifest",
    "read_tfrecord_dataset",
    "scan_folder",
    "split_manifest",
    "verify_export",
    "weigh",
]

# Nothing is imported before it is used: `--help` must not pay for Arrow.
_HOME = {
    "DataGenerator": "data_generator",
    "DataGeneratorMap": "maps",
    "Draws": "stream",
    "ExportOptions": "tfrecord.options",
    "ExportResult": "tfrecord.contents",
    "FileLoader": "maps",
    "Frequency": "frequency",
    "Grouping": "grouping",
    "ImageLoader": "maps",
    "Manifest": "manifest",
    "OneHotEncoder": "maps",
    "Plan": "plan",
    "ReplayStream": "replay",
    "Scan": "scan",
    "Shard": "batches",
    "Split": "split",
    "StratifiedSampler": "sampler",
    "Stream": "stream",
    "Verification": "tfrecord.verify",
    "build_image_data_generator": "image_generator",
    "bundled_manifest": "manifest",
    "draw": "batches",
    "export_tfrecord": "tfrecord.export",
    "frequency_table": "frequency",
    "group_rows": "grouping",
    "make_plan": "plan",
    "make_report": "report.page",
    "open_stream": "replay",
    "predict_dataset": "prediction",
    "read_manifest": "manifest",
    "read_tfrecord_dataset": "tfrecord.dataset",
    "scan_folder": "scan",
    "split_manifest": "split",
    "verify_export": "tfrecord.verify",
    "weigh": "weighting",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME.get(name, 'errors')}", __name__), name)
