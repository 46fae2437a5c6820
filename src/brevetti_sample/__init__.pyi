# The public names, once: where each of them lives. `__init__.py` loads them on first use.

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
from .groups.grouping import Grouping as Grouping
from .groups.grouping import group_rows as group_rows
from .groups.weighting import weigh as weigh
from .manifests.manifest import Manifest as Manifest
from .manifests.manifest import bundled_manifest as bundled_manifest
from .manifests.manifest import read_manifest as read_manifest
from .report.page import make_report as make_report
from .scanning.scan import Scan as Scan
from .scanning.scan import scan_folder as scan_folder
from .splitting.split import Split as Split
from .splitting.split import split_manifest as split_manifest
from .streams.draws import Draws as Draws
from .streams.open_stream import open_stream as open_stream
from .streams.plan import BoundPlan as BoundPlan
from .streams.plan import Plan as Plan
from .streams.planning import make_plan as make_plan
from .streams.replay import ReplayStream as ReplayStream
from .streams.stratified import Stream as Stream
from .streams.worker_share import Shard as Shard
from .streams.worker_share import Worker as Worker
from .tables.batches import draw as draw
from .tables.batches import write_draws as write_draws
from .tables.frequency import Frequency as Frequency
from .tables.frequency import frequency_table as frequency_table
from .tfrecord.export.contents import ExportResult as ExportResult
from .tfrecord.export.export import export_tfrecord as export_tfrecord
from .tfrecord.verify.verify import Verification as Verification
from .tfrecord.verify.verify import verify_export as verify_export
from .tfrecord.writing.options import ExportOptions as ExportOptions
from .training.data_generator import DataGenerator as DataGenerator
from .training.image_generator import build_image_data_generator as build_image_data_generator
from .training.maps import DataGeneratorMap as DataGeneratorMap
from .training.maps import FileLoader as FileLoader
from .training.maps import ImageLoader as ImageLoader
from .training.maps import OneHotEncoder as OneHotEncoder
from .training.prediction import predict_dataset as predict_dataset
from .training.sampler import StratifiedSampler as StratifiedSampler
from .training.tfrecord_dataset import read_tfrecord_dataset as read_tfrecord_dataset

__version__: str

__all__ = [
    "BoundPlan",
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
    "Worker",
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
    "write_draws",
]
