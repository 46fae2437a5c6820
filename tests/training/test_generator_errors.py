"""What the generator refuses, and in which words."""

from __future__ import annotations

import pandas as pd
import pytest

from brevetti_sample import DataGenerator, StratifiedSampler
from brevetti_sample.errors import (
    ColumnError,
    ManifestError,
    PlanError,
    SampleError,
    UsageError,
    WeightingError,
)

SAMPLES = [{"id": i, "folder": "ab"[i % 2]} for i in range(6)]


@pytest.mark.parametrize(
    "samples, settings, error, message",
    [
        ([], {}, ManifestError, "the list is empty: expected one dictionary per sample"),
        (pd.DataFrame({"id": []}), {}, ManifestError, "the table is empty: it has a header, but no row"),
        ("no/such.csv", {}, ManifestError, "file 'no/such.csv' does not exist; give a CSV or Parquet file, a folder or a pattern"),
        (SAMPLES, {"sampling_groupby": "foldr"}, ColumnError, "the table has no column 'foldr'; did you mean 'folder'?"),
        (SAMPLES, {"sampling_groupby": ["folder", "folder"]}, ColumnError, "column 'folder' is named twice; name each once"),
        (SAMPLES, {"sampling_group_weighing": "sqare root"}, WeightingError, "no weighting 'sqare root'; did you mean 'square root'?"),
        (SAMPLES, {"sampling_groupby": "folder", "sampling_group_weighing": lambda n: -n}, WeightingError, "weights must be numbers from 0 up, not 'a=-3', 'b=-3'"),
        (SAMPLES, {"sampling_groupby": "folder", "sampling_group_weighing": lambda n: 0}, WeightingError, "all weights are zero: there is nothing to draw; give some group a weight"),
        (SAMPLES, {"sampling_groupby": "folder", "sampling_group_weighing": {"a": 1}}, WeightingError, "weights: no weight for the group 'b'"),
        (SAMPLES, {"sampling_group_weighing": 5}, WeightingError, "a weighting is a rule, weights by group or a function: 5"),
        (SAMPLES, {"batch_size": 0}, UsageError, "the batch size must be from 1 to 2^60, not 0"),
        (SAMPLES, {"seed": 2**64}, UsageError, f"the seed must be from 0 to 2^64 - 1, not {2**64}"),
        (SAMPLES, {"seed": 2**32, "stream": "brevettiai"}, UsageError, f"the seed must be from 0 to 2^32 - 1, not {2**32}"),
        (SAMPLES, {"stream": "strat"}, UsageError, "no stream 'strat'; did you mean 'stratified'?"),
        (SAMPLES, {"start": 7}, UsageError, "the start must be from 0 to 6, not 7"),
        (SAMPLES, {"start": -1}, UsageError, "the start must be from 0 to 6, not -1"),
        (SAMPLES, {"batch_size": 2.0}, UsageError, "the batch size must be a whole number, not 2.0"),
        (SAMPLES, {"batch_size": True}, UsageError, "the batch size must be a whole number, not True"),
        (SAMPLES, {"seed": "1"}, UsageError, "the seed must be a whole number, not '1'"),
        (SAMPLES, {"start": 2.5}, UsageError, "the start must be a whole number, not 2.5"),
        (SAMPLES, {"repeat": 1.5}, UsageError, "repeat must be a whole number, not 1.5"),
        (SAMPLES, {"sampling_groupby": len}, UsageError, "a groupby is a column or a list of columns, not <built-in function len>"),
        (SAMPLES, {"sampling_groupby": [0]}, ColumnError, "the table has no column '0'; its columns are 'id', 'folder'"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), {}, ManifestError, "the samples have column 'a' twice; rename one"),
        (pd.Series([1]), {}, ManifestError, "the samples are not a table: Cannot import schema: ArrowSchema describes non-struct type int64"),
        ([{"a": None}], {}, ManifestError, "the table has no column that can be a tensor; see the log"),
        ({"a": 1}, {}, ManifestError, "samples must be a table, a list of dictionaries, a dictionary of lists or a path, not of type dict"),
        (SAMPLES, {"max_epoch_samples": 0}, UsageError, "max_epoch_samples must be above 0, not 0"),
        (SAMPLES, {"max_epoch_samples": float("nan")}, UsageError, "max_epoch_samples must be above 0, not nan"),
        (SAMPLES, {"max_epoch_samples": "9"}, UsageError, "max_epoch_samples must be a number, not '9'"),
        (SAMPLES, {"max_epoch_samples": True}, UsageError, "max_epoch_samples must be a number, not True"),
        (SAMPLES, {"shuffle": "no"}, UsageError, "shuffle must be True or False, not 'no'"),
        (SAMPLES, {"narrow": []}, UsageError, "narrow must be True or False, not []"),
        (SAMPLES, {"stream": 5}, UsageError, "no stream '5'; use 'stratified', 'brevettiai'"),
        (SAMPLES, {"stream": ""}, UsageError, "no stream ''; use 'stratified', 'brevettiai'"),
        (SAMPLES, {"sampling_group_weighing": lambda a, b, c: 1}, WeightingError, "a weighting function takes (count) or (count, key), but this one takes (a, b, c)"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(samples, settings, error, message):
    with pytest.raises(error) as caught:
        DataGenerator(samples, **settings)
    assert str(caught.value) == message
    assert isinstance(caught.value, SampleError)


@pytest.mark.parametrize(
    "use, message",
    [
        (lambda g: g.get_dataset(structure="idd"), "the structure has the key 'idd', the samples do not; did you mean 'id'?"),
        (lambda g: g.get_samples(structure=("id", "x")), "the structure has the key 'x', the samples do not; the keys are 'id', 'folder'"),
        (lambda g: g.map(lambda x: x["id"]).get_dataset(structure="id"), "a structure of keys needs a dictionary, but the last map returns a TensorSpec; let it return a dictionary, or ask for no structure: structure=None"),
        (lambda g: g.map(7), "map takes a function, or a list of functions, not of type int"),
        (lambda g: g.map([7]), "map takes a function, or a list of functions, not of type int"),
        (lambda g: g.map("abc"), "map takes a function, or a list of functions, not of type str"),
        (lambda g: g.map(lambda x: None).get_dataset(), "the map <lambda> returns None; let it return a dictionary of tensors"),
        (lambda g: g.get_dataset(structure=()), "the structure has no key; name some, or ask for none: structure=None"),
        (lambda g: g.state(batches=-1), "the number of batches must be at least 0, not -1"),
        (lambda g: g.state(batches=1.5), "the number of batches must be a whole number, not 1.5"),
        (lambda g: (g.get_dataset(), g.state()), "TensorFlow reads ahead, so how far it has come is unknown; say how many batches of get_dataset were taken: state(batches=n)"),
        (lambda g: g.get_dataset(prefetch=-5), "prefetch must be from 0 to 2^60, or -1 for as many as TensorFlow finds useful, not -5"),
        (lambda g: g.get_dataset(prefetch=2**63), f"prefetch must be from 0 to 2^60, or -1 for as many as TensorFlow finds useful, not {2**63}"),
        (lambda g: g.get_dataset_numpy(prefetch="2"), "prefetch must be a whole number, not '2'"),
        (lambda g: g.get_dataset(prefetch=2.5), "prefetch must be a whole number, not 2.5"),
        (lambda g: g.get_dataset("id"), "batch must be True or False, not 'id'"),
        (lambda g: g.get_samples("id"), "batch must be True or False, not 'id'"),
        (lambda g: g.get_dataset(structure={1: "id", "a": "id"}), "the names in a structure must all be texts"),
        (lambda g: g.map(len, 0), "num_parallel_calls must be from 1 to 2^60, or -1 for as many as TensorFlow finds useful, not 0"),
        (lambda g: g.map(len, "all"), "num_parallel_calls must be a whole number, not 'all'"),
        (lambda g: setattr(g, "batch_size", 0), "the batch size must be from 1 to 2^60, not 0"),
        (lambda g: setattr(g, "batch_size", 2.5), "the batch size must be a whole number, not 2.5"),
        (lambda g: g.shard(2.0, 1), "the number of shards must be a whole number, not 2.0"),
        (lambda g: g.shard(2, 2), "shard 2/2: the rank must be from 0 to below the number of shards, such as 0/4"),
    ],
)  # fmt: skip
def test_bad_uses_are_refused(use, message):
    with pytest.raises(UsageError) as caught:
        use(DataGenerator(SAMPLES, 2))
    assert str(caught.value) == message


def test_a_build_dataset_that_returns_no_data_set_is_refused():
    class Bad(DataGenerator):
        def build_dataset(self, ds):
            return [1]

    with pytest.raises(UsageError, match=r"build_dataset must return a tf.data.Dataset, not list"):
        Bad(SAMPLES).get_dataset()


def test_a_build_dataset_that_loses_the_draw_numbers_is_refused():
    class Bad(DataGenerator):
        def build_dataset(self, ds):
            return ds.map(lambda x: {"id": x["id"]})

    with pytest.raises(
        UsageError, match="build_dataset left out '_draw', from which sample_seed is"
    ):
        Bad(SAMPLES).map(lambda x, sample_seed: x).get_dataset()


def test_a_state_of_another_generator_is_refused_with_the_difference():
    state = DataGenerator(SAMPLES, seed=2).state()
    with pytest.raises(
        PlanError, match="the state is of another plan: seed is 3, 2 in the state; "
    ):
        DataGenerator(SAMPLES, seed=3).restore(state)
    with pytest.raises(PlanError, match="the state is of another plan: samples sha256 is "):
        DataGenerator(SAMPLES[::-1], seed=2).restore(state)


def test_a_sampler_refuses_what_its_generator_refuses():
    with pytest.raises(ColumnError, match="the table has no column 'x'"):
        StratifiedSampler(groupby="x").get(SAMPLES)
