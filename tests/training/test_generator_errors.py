"""What the generator refuses, and in which words."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd
import pytest

import brevetti_sample
from brevetti_sample import DataGenerator, StratifiedSampler
from brevetti_sample.errors import (
    ColumnError,
    ManifestError,
    PlanError,
    SampleError,
    UsageError,
    WeightingError,
)
from brevetti_sample.training import legacy

SAMPLES = [{"id": i, "folder": "ab"[i % 2]} for i in range(6)]


@pytest.mark.parametrize(
    "samples, settings, error, message",
    [
        ([], {}, ManifestError, "the list is empty: expected one dictionary per sample"),
        (pd.DataFrame({"id": []}), {}, ManifestError, "the table is empty: it has a header, but no row"),
        ("no/such.csv", {}, ManifestError, "file 'no/such.csv' does not exist; give a CSV or Parquet file, a folder or a pattern"),
        (SAMPLES, {"sampling_groupby": "foldr"}, ColumnError, "the table has no column 'foldr'; did you mean 'folder'?"),
        (SAMPLES, {"sampling_group_weighing": "sqare root"}, WeightingError, "no weighting 'sqare root'; did you mean 'square root'?"),
        (SAMPLES, {"sampling_groupby": "folder", "sampling_group_weighing": lambda n: -n}, WeightingError, "weights must be numbers from 0 up, not 'a=-3', 'b=-3'"),
        (SAMPLES, {"sampling_groupby": "folder", "sampling_group_weighing": lambda n: 0}, WeightingError, "all weights are zero: there is nothing to draw; give some group a weight"),
        (SAMPLES, {"sampling_groupby": "folder", "sampling_group_weighing": {"a": 1}}, WeightingError, "weights: no weight for the group 'b'"),
        (SAMPLES, {"sampling_group_weighing": 5}, WeightingError, "a weighting is a rule, weights by group or a function: 5"),
        (SAMPLES, {"batch_size": 0}, UsageError, "batch_size must be from 1 to 2^60, not 0"),
        (SAMPLES, {"seed": 2**64}, UsageError, f"the seed must be from 0 to 2^64 - 1, not {2**64}"),
        (SAMPLES, {"seed": 2**32, "stream": "brevettiai"}, UsageError, f"the seed must be from 0 to 2^32 - 1, not {2**32}"),
        (SAMPLES, {"stream": "strat"}, UsageError, "no stream 'strat'; did you mean 'stratified'?"),
        (SAMPLES, {"start": 7}, UsageError, "start must be from 0 to 6, not 7"),
        (SAMPLES, {"start": -1}, UsageError, "start must be from 0 to 6, not -1"),
        (SAMPLES, {"batch_size": 2.0}, UsageError, "batch_size must be a whole number, not 2.0"),
        (SAMPLES, {"batch_size": True}, UsageError, "batch_size must be a whole number, not True"),
        (SAMPLES, {"seed": "1"}, UsageError, "seed must be a whole number, not '1'"),
        (SAMPLES, {"start": 2.5}, UsageError, "start must be a whole number, not 2.5"),
        (SAMPLES, {"repeat": 1.5}, UsageError, "repeat must be a whole number, not 1.5"),
        (SAMPLES, {"sampling_groupby": len}, UsageError, "groupby must be a column or a list of columns, not <built-in function len>"),
        (SAMPLES, {"sampling_groupby": [0]}, ColumnError, "the table has no column '0'; its columns are 'id', 'folder'"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), {}, ManifestError, "the samples have column 'a' twice; rename one"),
        (pd.Series([1]), {}, ManifestError, "the table cannot be read as a table: Cannot import schema: ArrowSchema describes non-struct type int64"),
        ([{"a": None}], {}, ManifestError, "the table has no column that can be a tensor; see the log"),
        ({"a": 1}, {}, ManifestError, "samples must be a table, a list of dictionaries, a dictionary of lists or arrays, or a path, not of type dict"),
        (SAMPLES, {"max_epoch_samples": float("nan")}, UsageError, "max_epoch_samples must be at least 0, not nan"),
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
        (lambda g: g.state(batches=-1), "batches must be at least 0, not -1"),
        (lambda g: g.state(batches=1.5), "batches must be a whole number, not 1.5"),
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
        (lambda g: setattr(g, "batch_size", 0), "batch_size must be from 1 to 2^60, not 0"),
        (lambda g: setattr(g, "batch_size", 2.5), "batch_size must be a whole number, not 2.5"),
        (lambda g: g.shard(2.0, 1), "num_shards must be a whole number, not 2.0"),
        (lambda g: g.shard(2, 2), "the rank must be from 0 to below the number of workers, as in 0/4, not 2/2"),
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


FOLDERS = [{"path": f"{number}.png", "folder": "ab"[number % 2]} for number in range(8)]


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: DataGenerator(FOLDERS, groupbyy="folder"),
            "DataGenerator.__init__() got an unexpected keyword argument 'groupbyy'",
        ),
        (
            lambda: StratifiedSampler(groupbyy="folder"),
            "StratifiedSampler.__init__() got an unexpected keyword argument 'groupbyy'",
        ),
        (
            lambda: StratifiedSampler().get(FOLDERS, groupbyy="folder"),
            "StratifiedSampler.get() got an unexpected keyword argument 'groupbyy'",
        ),
        (
            lambda: legacy.DataGenerator(FOLDERS, groupbyy="folder"),
            "DataGenerator.__init__() got an unexpected keyword argument 'groupbyy'",
        ),
        (
            lambda: legacy.StratifiedSampler().get(FOLDERS, groupbyy="folder"),
            "StratifiedSampler.get() got an unexpected keyword argument 'groupbyy'",
        ),
    ],
)
def test_an_unknown_argument_is_reported_for_the_class_that_was_called(call, message):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("module", [brevetti_sample, legacy], ids=["new", "legacy"])
def test_groupby_and_weighting_are_the_same_arguments_as_their_older_names(module):
    names = {"groupby": "folder", "weighting": "count"}
    older = {"sampling_groupby": "folder", "sampling_group_weighing": "count"}
    sampler = module.StratifiedSampler(groupby="folder", weighting="count", seed=1)
    generators = [
        module.DataGenerator(FOLDERS, seed=1, repeat=True, shuffle=True, **names),
        module.DataGenerator(FOLDERS, seed=1, repeat=True, shuffle=True, **older),
        sampler.get(FOLDERS, repeat=True, shuffle=True),
        module.StratifiedSampler(groupby="path", seed=1).get(FOLDERS, True, True, **names),
        module.StratifiedSampler(groupby="path", seed=1).get(FOLDERS, True, True, **older),
    ]
    plans = {generator.plan.digest for generator in generators}
    assert len(plans) == 1
    assert generators[0].plan.groupby == ("folder",)


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: DataGenerator(FOLDERS, groupby="folder", sampling_groupby="path"),
            "groupby and sampling_groupby are two names of one argument; pass one of them",
        ),
        (
            lambda: DataGenerator(FOLDERS, groupby="folder", sampling_groupby="uniform"),
            "groupby and sampling_groupby are two names of one argument; pass one of them",
        ),
        (
            lambda: DataGenerator(
                FOLDERS, groupby="folder", sampling_groupby=np.array(["path", "folder"])
            ),
            "groupby and sampling_groupby are two names of one argument; pass one of them",
        ),
        (
            lambda: DataGenerator(FOLDERS, weighting="count", sampling_group_weighing="log"),
            "weighting and sampling_group_weighing are two names of one argument; pass one of them",
        ),
        (
            lambda: StratifiedSampler(weighting="count", group_weighing="log"),
            "weighting and group_weighing are two names of one argument; pass one of them",
        ),
        (
            lambda: DataGenerator(brevetti_sample.make_plan(FOLDERS).bind(FOLDERS), seed=1),
            "seed cannot be passed beside a bound plan; the plan fixes the stream",
        ),
        (
            lambda: StratifiedSampler().get(brevetti_sample.make_plan(FOLDERS).bind(FOLDERS)),
            "samples must not be a bound plan, which fixes the stream; draw it with "
            "DataGenerator(bound_plan)",
        ),
    ],
)
def test_two_values_for_one_thing_are_refused(call, message):
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value) == message


def test_a_generator_of_a_bound_plan_draws_what_the_plan_draws():
    plan = brevetti_sample.make_plan(FOLDERS, "folder", seed=5, batch_size=4)
    generator = DataGenerator(plan.bind(FOLDERS))
    assert generator.plan == plan
    rows = [row for draws in brevetti_sample.draw(plan, FOLDERS, stop=8) for row in draws.row]
    batches = islice(generator.get_dataset_numpy(structure="path"), 2)
    assert np.concatenate(list(batches)).tolist() == [f"{row}.png" for row in rows]
