"""The import path of brevettiai 0.x; all of it is in `brevetti_sample`."""

from brevetti_sample.training.legacy import (
    DataGenerator,
    DataGeneratorMap,
    FileLoader,
    OneHotEncoder,
    StratifiedSampler,
    build_dataset_from_samples,
    build_image_data_generator,
    get_dataset,
    map_output_structure,
    parse_weighing,
    predict_dataset,
    sampling_groupby_presets,
    weighing_presets,
)

__all__ = [
    "DataGenerator",
    "DataGeneratorMap",
    "FileLoader",
    "OneHotEncoder",
    "StratifiedSampler",
    "build_dataset_from_samples",
    "build_image_data_generator",
    "get_dataset",
    "map_output_structure",
    "parse_weighing",
    "predict_dataset",
    "sampling_groupby_presets",
    "weighing_presets",
]
