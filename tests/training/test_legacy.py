"""The import path of brevettiai 0.x: the documented example, and every name."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from brevettiai.data import data_generator
from brevettiai.data.data_generator import (
    DataGenerator,
    StratifiedSampler,
    build_dataset_from_samples,
    get_dataset,
    parse_weighing,
    sampling_groupby_presets,
    weighing_presets,
)

BUCKET = "s3://public.data.criterion.ai/data/NeurIPS_2018_reduced/"


@pytest.fixture
def samples(listing):
    return pd.read_csv(listing)


@pytest.fixture
def generator(samples):
    return StratifiedSampler(
        batch_size=4, groupby=["folder"], group_weighing="square root", seed=1
    ).get(samples, shuffle=True, repeat=True)


def test_the_documented_batches(generator):
    batches = [sample["path"].numpy().tolist() for sample in generator.get_dataset().take(2)]
    assert [[path.decode().removeprefix(BUCKET) for path in batch] for batch in batches] == [
        [
            "good/2_1543412100881.bmp",
            "good/44_1543412166931.bmp",
            "missing_cap/1_1543412754274.bmp",
            "missing_cap/4_1543412678089.bmp",
        ],
        [
            "good/24_1543412105328.bmp",
            "good/18_1543412104125.bmp",
            "bad_cap/9_1543413268396.bmp",
            "missing_cap/3_1543412754682.bmp",
        ],
    ]


def test_the_documented_table(generator, samples):
    drawn = pd.DataFrame(islice(generator.get_dataset_numpy(batch=False), len(samples)))
    table = drawn.groupby("folder").count()
    columns = "category path etag bucket dataset dataset_id url purpose _sampling_group"
    assert list(table.columns) == columns.split()
    assert table.index.tolist() == ["bad_cap", "good", "missing_cap"]
    assert table.to_numpy().tolist() == [[39] * 9, [112] * 9, [29] * 9]


def test_every_public_name_is_there_and_says_what_it_is():
    names = """DataGenerator DataGeneratorMap FileLoader OneHotEncoder StratifiedSampler
        build_dataset_from_samples build_image_data_generator get_dataset map_output_structure
        parse_weighing predict_dataset sampling_groupby_presets weighing_presets"""
    assert data_generator.__all__ == names.split()
    for name in data_generator.__all__:
        assert getattr(data_generator, name).__doc__


def test_the_seeds_of_maps_are_those_that_the_generator_gave_after_the_shuffles(generator):
    random = np.random.RandomState(1)
    for size in (22, 146, 12):
        random.permutation(np.arange(size))
        random.bytes(8)
    random.bytes(8)
    wanted = [int(random.randint(1 << 32, dtype=np.uint64)) for _ in range(3)]
    first = generator.map([lambda x, seed: x, lambda x: x])
    second = generator.map(lambda x, **kwargs: x)
    assert first.get_dataset_actions()[0][1] == {"seed": wanted[0]}
    assert second.get_dataset_actions()[0][1] == {"seed": wanted[2]}
    assert isinstance(first, DataGenerator)


def test_tensorflows_own_seed_changes_the_draws_as_it_did(samples, generator, request):
    request.addfinalizer(lambda: tf.random.set_seed(None))
    tf.random.set_seed(5)
    sampler = StratifiedSampler(4, ["folder"], "square root", seed=1)
    other = sampler.get(samples, shuffle=True, repeat=True)
    assert [g.get_samples_numpy(structure="path") for g in (generator, other)]
    one, two = (next(g.get_samples_numpy(structure="path")).tolist() for g in (generator, other))
    assert one != two


def test_samples_are_shuffled_repeated_and_counted_as_the_old_tests_asked():
    frame = pd.DataFrame({"id": range(10)})
    shuffled = DataGenerator(frame, batch_size=3, shuffle=True)
    drawn = pd.DataFrame(shuffled.get_samples_numpy(batch=False))
    assert sorted(drawn.id) == list(range(10))
    assert drawn.id.tolist() != list(range(10))
    again = pd.DataFrame(shuffled.get_dataset_numpy(batch=False))
    assert again.id.tolist() == drawn.id.tolist()
    twice = pd.DataFrame(DataGenerator(frame, repeat=2).get_samples_numpy(batch=False))
    assert twice.id.tolist() == [*range(10), *range(10)]
    batches = pd.DataFrame(DataGenerator(frame, batch_size=3).get_samples_numpy(batch=True))
    assert [len(batch) for batch in batches.id] == [3, 3, 3, 1]


def test_the_groups_of_categories_of_tuples_come_in_their_order():
    categories = pd.Categorical([("A", "B"), ("B",), ("A",), ("B",)])
    frame = pd.DataFrame({"category": categories, "id": range(4)})
    generator = DataGenerator(frame, 4, sampling_groupby=["category"], repeat=-1)
    drawn = pd.DataFrame(islice(generator.get_samples_numpy(batch=False), 300))
    assert list(generator.get_debug_info()["sample_weight"]) == [("A",), ("A", "B"), ("B",)]
    counts = drawn.category.apply(tuple).value_counts()
    assert counts.tolist() == pytest.approx([100, 100, 100], abs=2)


def test_presets_have_the_old_names():
    assert list(weighing_presets) == ["uniform", "count", "square root", "log", "logx+1"]
    assert [float(weighing_presets[name](4)) for name in weighing_presets] == pytest.approx(
        [1, 4, 2, np.log(4), np.log(4) + 1]
    )
    assert sampling_groupby_presets == {
        "": None,
        "None": None,
        "Class": ["category"],
        "Dataset / Class": ["dataset_id", "category"],
        "Dataset / Folder": ["dataset_id", "folder"],
    }


def test_weighings_are_functions_of_counts_and_groups():
    assert parse_weighing("count")(5, "a") == 5
    assert parse_weighing(lambda count, group: count * len(group))(5, "ab") == 10
    assert parse_weighing(np.sqrt)(9, "a") == 3
    with pytest.raises(ValueError, match="no weighting 'counts'; did you mean 'count'?"):
        parse_weighing("counts")


def test_data_sets_are_built_of_samples(samples, generator):
    dataset = build_dataset_from_samples(samples, "folder", "square root", seed=1)
    wanted = [path for batch in generator.get_samples().take(2) for path in batch["path"].numpy()]
    assert [x["path"].numpy() for x in dataset.take(8)] == wanted


def test_a_data_set_of_a_frame_takes_from_a_given_generator():
    frame = pd.DataFrame({"id": np.arange(20)})
    random = np.random.RandomState(3)
    order = [int(x["id"]) for x in get_dataset(frame, True, False, random)]
    judge = np.random.RandomState(3)
    rows = judge.permutation(np.arange(20))
    data = tf.data.Dataset.from_tensor_slices(rows).shuffle(
        20, np.frombuffer(judge.bytes(8), dtype=np.int64)[0], reshuffle_each_iteration=False
    )
    assert order == [int(row) for row in data]
    assert random.bytes(4) == judge.bytes(4)
    assert next(iter(get_dataset(frame, False, False)))["id"].dtype == tf.int64
