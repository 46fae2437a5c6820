"""The data generator in TensorFlow: what its data sets give, and that they can be reproduced."""

from __future__ import annotations

import gc
import json
from itertools import chain, islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf

from brevetti_sample import (
    DataGenerator,
    Plan,
    StratifiedSampler,
    bundled_manifest,
    make_plan,
    open_stream,
    read_manifest,
)
from brevetti_sample.groups.grouping import group_rows
from brevetti_sample.groups.row_index import RowIndex
from brevetti_sample.streams.cursors import Cursors
from brevetti_sample.streams.replay import ReplayStream
from brevetti_sample.streams.stratified import Stream
from brevetti_sample.training.source import Source
from brevetti_sample.training.tensor_columns import TensorColumn

BOTTLES = bundled_manifest()
STREAMS = ("stratified", "brevettiai")
COMBINATIONS = [
    (stream, shuffle, repeat)
    for stream in STREAMS
    for shuffle in (True, False)
    for repeat in (True, False, 2)
]


def samples(count=50):
    return [{"id": i, "g": "ab"[i % 3 == 0], "text": f"t{i}"} for i in range(count)]


def ids(generator, count=None, **settings):
    batches = islice(generator.get_dataset_numpy(structure="id", **settings), count)
    return [batch.tolist() for batch in batches]


@pytest.mark.parametrize("stream, shuffle, repeat", COMBINATIONS)
@pytest.mark.parametrize("groupby", [None, "g"])
def test_the_data_set_gives_the_draws_of_the_plan(stream, shuffle, repeat, groupby):
    settings = {"shuffle": shuffle, "repeat": repeat, "seed": 5, "stream": stream}
    generator = DataGenerator(samples(), 4, sampling_groupby=groupby, **settings)
    grouping = group_rows(read_manifest(samples()), groupby)
    plan = make_plan(grouping, batch_size=4, **settings)
    drawn = [d.row.tolist() for d in open_stream(plan, grouping.index()).draws(0, 120)]
    wanted = [row for part in drawn for row in part]
    assert generator.plan == plan
    assert ids(generator, 30, batch=False)[: len(wanted)] == wanted[:30]
    assert ids(generator, 30) == [wanted[i : i + 4] for i in range(0, len(wanted), 4)]


def test_it_draws_what_the_command_line_draws(run, listing):
    options = ("-g", "folder", "-w", "square root", "--seed", 9, "-b", 8, "-n", 240, "-c", "path")
    table = run("plan", listing, *options, "--format", "csv").lines[1:]
    sampler = StratifiedSampler(8, "folder", "square root", seed=9)
    generator = sampler.get(str(listing), shuffle=True, repeat=True)
    paths = islice(generator.get_dataset_numpy(batch=False, structure="path"), 240)
    assert [line.split(",")[4] for line in table] == list(paths)


@pytest.mark.parametrize("size", [1, 7, 32, 9000])
def test_portions_and_batches_of_any_size_hold_the_same_draws(size):
    generator = DataGenerator(samples(9001), size, True, False, "g", seed=1)
    batches = ids(generator)
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    assert len(batches) == len(generator) == -(-9001 // size)
    wanted = ids(DataGenerator(samples(9001), 100, True, False, "g", seed=1))
    assert list(chain(*batches)) == list(chain(*wanted))


def test_the_number_of_elements_is_known_before():
    once = DataGenerator(samples(10), 4)
    assert [len(once.get_dataset()), len(once.get_samples(batch=False))] == [3, 10]
    mapped = once.map(lambda x, sample_seed: x)
    assert [len(mapped.get_dataset()), len(mapped.get_dataset(batch=False))] == [3, 10]
    endless = DataGenerator(samples(10), 4, repeat=True).get_dataset()
    assert endless.cardinality() == tf.data.INFINITE_CARDINALITY
    assert len(DataGenerator(samples(10), 4, max_epoch_samples=6)) == 2
    assert len(DataGenerator(samples(10), 4, max_epoch_samples=100)) == 3


def test_elements_have_the_columns_in_order_and_the_group_last():
    element = next(iter(DataGenerator(BOTTLES, 2, sampling_groupby="folder").get_samples()))
    assert list(element) == [*BOTTLES.columns, "_sampling_group"]
    assert element["path"].dtype == tf.string
    assert element["_sampling_group"].dtype == tf.int64
    assert "_sampling_group" not in next(iter(DataGenerator(BOTTLES).get_samples()))


@pytest.mark.parametrize("repeat", [True, False])
def test_the_size_of_a_batch_is_left_open_in_the_type(repeat):
    data = [{"id": i, "text": "a", "pair": ["b", "c"]} for i in range(8)]
    spec = DataGenerator(data, 4, repeat=repeat).get_dataset().element_spec
    assert {name: part.shape.as_list() for name, part in spec.items()} == {
        "id": [None],
        "text": [None],
        "pair": [None, 2],
    }


def test_samples_of_every_kind_give_the_same_batches(listing):
    frame = pd.DataFrame(samples())
    table = pa.Table.from_pandas(frame)
    kinds = [samples(), frame, table, read_manifest(table), iter(samples())]
    drawn = [ids(DataGenerator(kind, 8, True, True, ["g"], seed=2), 9) for kind in kinds]
    assert all(one == drawn[0] for one in drawn)
    assert len(DataGenerator(listing)) == len(DataGenerator(BOTTLES)) == 6


def test_columns_of_all_kinds_become_tensors(caplog):
    frame = pd.DataFrame(
        {
            "narrow": [1, 2, 300],
            "wide": np.array([1, 2, 3], dtype=np.uint64),
            "real": [0.5, None, 1.5],
            "flag": [True, False, True],
            "text": ["ä", None, "c"],
            "bytes": [b"a", b"\xff\x00", b""],
            "plain": [b"a", b"b\x00", b""],
            "names": [("a", "b"), ("", "c"), ("d", None)],
            "category": pd.Categorical(["x", "y", "x"]),
            "tuple": pd.Categorical([("x",), ("x", "y"), ("x",)]),
            "pair": [(1, 2), (3, 4), (5, 6)],
            "ragged": [[0.5], [], [1.5, 2.5]],
            "nested": [[["a"], []], [], [["b", "c"]]],
            "when": pd.Timestamp("2020-01-01"),
        }
    )
    generator = DataGenerator(frame, 3)
    assert "column 'when' is left out, it cannot be a tensor" in caplog.text
    batch = next(generator.get_samples_numpy())
    assert {name: str(v.dtype) for name, v in batch.items() if isinstance(v, np.ndarray)} == {
        "narrow": "int64",
        "wide": "int64",
        "real": "float64",
        "flag": "bool",
        "text": "<U1",
        "bytes": "object",
        "plain": "object",
        "names": "<U1",
        "category": "<U1",
        "pair": "int32",
    }
    assert batch["text"].tolist() == ["ä", "", "c"]
    assert batch["bytes"].tolist() == [b"a", b"\xff\x00", b""]
    assert batch["plain"].tolist() == ["a", "b\x00", ""]
    assert batch["names"].tolist() == [["a", "b"], ["", "c"], ["d", ""]]
    assert batch["pair"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert batch["tuple"] == [("x",), ("x", "y"), ("x",)]
    assert batch["ragged"] == [(0.5,), (), (1.5, 2.5)]
    assert batch["nested"] == [(("a",), ()), (), (("b", "c"),)]
    singles = list(generator.get_samples_numpy(batch=False))
    assert [single["tuple"] for single in singles] == [("x",), ("x", "y"), ("x",)]
    assert [single["pair"].tolist() for single in singles] == [[1, 2], [3, 4], [5, 6]]
    assert [single["text"] for single in singles] == ["ä", "", "c"]
    assert [single["ragged"] for single in singles] == [(0.5,), (), (1.5, 2.5)]
    assert [single["nested"] for single in singles] == batch["nested"]
    ragged = next(iter(generator.get_samples()))
    assert isinstance(ragged["ragged"], tf.RaggedTensor)
    assert ragged["ragged"].dtype == tf.float32
    unbatched = [x["tuple"] for x in generator.get_dataset_numpy(batch=False, structure=None)]
    assert unbatched == [("x",), ("x", "y"), ("x",)]


def test_lists_keep_their_form_through_unbatched_maps():
    class Alone:
        apply_unbatched = True

        def __call__(self, x):
            return {**x, "first": x["list"][0]}

    data = [{"list": [1, 2]}, {"list": [3]}, {"list": [4, 5, 6]}]
    generator = DataGenerator(data, 2).map(Alone())
    assert [batch["list"] for batch in generator.get_dataset_numpy()] == [
        [(1, 2), (3,)],
        [(4, 5, 6)],
    ]
    assert [batch["first"].tolist() for batch in generator.get_dataset_numpy()] == [[1, 3], [4]]
    nested = [{"list": [["a"], []]}, {"list": [["b"], ["c"], ["d", "e"]]}]
    generator = DataGenerator(nested, 2).map(Alone())
    assert next(generator.get_dataset_numpy())["list"] == [
        (("a",), ()),
        (("b",), ("c",), ("d", "e")),
    ]


def test_structures_arrange_the_elements():
    generator = DataGenerator(samples(), 2, output_structure=("id", {"t": "text"}))
    first, second = next(generator.get_dataset_numpy())
    assert (first.tolist(), second["t"].tolist()) == ([0, 1], ["t0", "t1"])
    assert set(next(generator.get_samples_numpy())) == {"id", "g", "text"}
    assert next(generator.get_samples_numpy(structure="__default__"))[0].tolist() == [0, 1]
    assert set(next(generator.get_dataset_numpy(structure=None))) == {"id", "g", "text"}
    assert next(generator.get_dataset_numpy(structure="text")).tolist() == ["t0", "t1"]


def test_a_list_in_a_structure_is_a_tuple():
    generator = DataGenerator([{"c": ["x"], "id": 1}], output_structure=("id", ("c",)))
    assert next(generator.get_dataset_numpy(batch=False)) == (1, (("x",),))


def test_map_leaves_the_old_generator_alone_and_skips_none():
    base = DataGenerator(samples(), 2)
    mapped = base.map([None, lambda x: {"id": x["id"] + 1}, None, lambda x: {"id": x["id"] * 2}])
    assert (ids(base, 1), ids(mapped, 1)) == ([[0, 1]], [[2, 4]])
    assert (len(base.get_dataset_actions()), len(mapped.get_dataset_actions())) == (0, 2)


def test_functions_get_the_seeds_that_they_take():
    seen = []

    def plain(x):
        seen.append(None)
        return x

    def seeded(x, seed):
        seen.append(seed)
        return x

    def keywords(x, **kwargs):
        seen.append(kwargs)
        return x

    generator = DataGenerator(samples(), 2, seed=1).map([plain, seeded, keywords])
    next(iter(generator.get_dataset()))
    first, second, third = seen[:3]
    assert first is None
    assert isinstance(second, int)
    assert 0 <= second < 2**32
    assert list(third) == ["seed"]
    assert third["seed"] != second
    assert [action[1] for action in generator.get_dataset_actions()] == [
        {},
        {"seed": second},
        third,
    ]


def test_seeds_of_maps_depend_on_the_seed_and_their_number_alone():
    def seeds(seed, before=0):
        generator = DataGenerator(samples(), 2, seed=seed)
        for _ in range(before):
            generator.map(lambda x: x)
        mapped = generator.map([lambda x, seed: x, lambda x, seed: x])
        return [action[1]["seed"] for action in mapped.get_dataset_actions()]

    assert seeds(1) == seeds(1, before=2) == SEEDS
    assert len({*seeds(1), *seeds(2)}) == 4


SEEDS = [1054866652, 3225316271]


@pytest.mark.parametrize("stream, shuffle, repeat", COMBINATIONS)
def test_a_seed_by_sample_is_the_seed_of_the_map_and_the_number_of_the_draw(
    stream, shuffle, repeat
):
    def keep(x, sample_seed, seed):
        return {"id": x["id"], "seed": sample_seed, "map": tf.fill(tf.shape(x["id"]), seed)}

    class Alone:
        apply_unbatched = True

        def __call__(self, x, sample_seed):
            return {"id": x["id"], "seed": sample_seed}

    base = DataGenerator(samples(), 4, shuffle, repeat, "g", seed=1, stream=stream, start=3)
    for function in (keep, Alone()):
        mapped = base.map(function)
        drawn = list(islice(mapped.get_dataset_numpy(batch=False), 30))
        seed = mapped.get_dataset_actions()[0][1].get("seed", drawn[0]["seed"][0])
        assert [x["seed"].tolist() for x in drawn] == [[seed, n] for n in range(3, 33)]
        assert drawn[0]["seed"].dtype == np.int64
        assert [x["id"] for x in drawn] == ids(base, 30, batch=False)


def test_an_augmentation_by_sample_seed_does_not_depend_on_the_batches():
    def noisy(x, sample_seed):
        noise = tf.map_fn(
            lambda s: tf.random.stateless_uniform([3], s),
            sample_seed,
            fn_output_signature=tf.float32,
        )
        return {"noise": noise}

    drawn = [
        list(
            islice(
                DataGenerator(samples(), size, True, True, "g", seed=1)
                .map(noisy)
                .get_dataset_numpy(False),
                64,
            )
        )
        for size in (4, 8)
    ]
    assert [x["noise"].tolist() for x in drawn[0]] == [x["noise"].tolist() for x in drawn[1]]


def test_maps_after_each_other_may_return_tuples():
    generator = DataGenerator(samples(), 2)
    pair = generator.map(lambda x: (x["id"], x["text"]))
    assert [part.tolist() for part in next(pair.get_dataset_numpy())] == [[0, 1], ["t0", "t1"]]
    assert next(pair.map(lambda x: x[0] + 1).get_dataset_numpy()).tolist() == [1, 2]
    seeded = pair.map(lambda x, sample_seed: sample_seed[:, 1])
    assert next(seeded.get_dataset_numpy()).tolist() == [0, 1]


def test_build_dataset_of_a_subclass_comes_before_the_maps():
    class Odd(DataGenerator):
        def build_dataset(self, ds):
            return ds.unbatch().filter(lambda x: x["id"] % 2 == 1).batch(self.batch_size)

    generator = Odd(samples(), 2).map(
        lambda x, sample_seed: {"id": x["id"], "n": sample_seed[:, 1]}
    )
    batch = next(generator.get_dataset_numpy())
    assert (batch["id"].tolist(), batch["n"].tolist()) == ([1, 3], [1, 3])
    assert isinstance(generator, Odd)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("repeat", [True, False])
def test_the_shards_are_the_batches_in_turn(count, repeat):
    generator = DataGenerator(samples(), 4, True, repeat, "g", seed=1)
    whole = ids(generator, 24)
    parts = [generator.shard(count, rank) for rank in range(count)]
    for rank, part in enumerate(parts):
        assert ids(part, len(whole[rank::count])) == whole[rank::count]
        assert len(part) == len(range(rank, 13, count))


@pytest.mark.parametrize("stream, shuffle, repeat", COMBINATIONS)
def test_a_start_gives_the_rest(stream, shuffle, repeat):
    settings = {"shuffle": shuffle, "repeat": repeat, "seed": 1, "stream": stream}
    whole = ids(DataGenerator(samples(), 4, sampling_groupby="g", **settings), 30, batch=False)
    later = DataGenerator(samples(), 4, sampling_groupby="g", start=11, **settings)
    assert ids(later, 19, batch=False) == whole[11:30]


def test_the_state_counts_what_each_iterator_hands_out():
    generator = DataGenerator(samples(), 4, repeat=True)
    assert generator.state()["draw"] == 0
    iterator = iter(generator)
    next(iterator), next(iterator)
    assert generator.state()["draw"] == 8
    single = generator.get_samples_numpy(batch=False)
    next(single)
    assert generator.state()["draw"] == 1
    assert generator.restore(generator.state(batches=5)).state()["draw"] == 20
    finite = DataGenerator(samples(10), 4)
    list(finite)
    assert finite.state()["draw"] == 10
    assert list(finite.restore(finite.state())) == []


def test_settings_of_numpys_types_can_be_saved():
    settings = {"seed": np.int64(5), "batch_size": np.uint8(4), "repeat": np.int32(2)}
    settings |= {"max_epoch_samples": np.int64(9), "shuffle": np.True_, "narrow": np.int8(1)}
    for stream in STREAMS:
        generator = DataGenerator(samples(), stream=stream, start=np.int16(4), **settings)
        assert len(generator) == 3
        assert json.loads(json.dumps(generator.state()))["draw"] == 4
        assert Plan.from_json(generator.plan.to_json()) == generator.plan


def test_columns_with_the_generators_own_names_are_replaced_with_a_warning(caplog):
    data = [{"_sampling_group": "x", "_draw": 7, "g": "a"}]
    generator = DataGenerator(data, sampling_groupby="g")
    assert sorted(record.getMessage() for record in caplog.records) == [
        "column '_draw' is replaced: it is a name of the generator's own",
        "column '_sampling_group' is replaced: it is a name of the generator's own",
    ]
    single = next(generator.get_dataset_numpy(batch=False))
    assert single == {"_draw": 7, "g": "a", "_sampling_group": 0}
    assert next(generator.map(lambda x, sample_seed: x).get_dataset_numpy())["g"].tolist() == ["a"]


def test_data_sets_of_one_generator_leave_nothing_large_behind():
    generator = DataGenerator(samples(5000), 32, True, True, "g", seed=1)
    cursors = generator._source.cursors
    before = sum(isinstance(thing, Cursors) for thing in gc.get_objects())
    for _ in range(20):
        next(generator.get_dataset_numpy())
    gc.collect()
    assert sum(isinstance(thing, Cursors) for thing in gc.get_objects()) <= before
    assert len(cursors._open) <= 8


@pytest.mark.parametrize("stream", STREAMS)
def test_generators_that_are_gone_leave_nothing_large_behind(stream):
    def kept():
        gc.collect()
        kinds = (Source, TensorColumn, Cursors, Stream, ReplayStream, RowIndex)
        return sum(isinstance(thing, kinds) for thing in gc.get_objects())

    def use():
        generator = DataGenerator(samples(), 4, True, True, "g", seed=1, stream=stream)
        generator = generator.map(lambda x, sample_seed: x)
        iterators = [generator.get_dataset_numpy(), iter(generator.shard(2, 1))]
        next(iter(generator.restore(generator.state(batches=3)).get_samples()))
        return [next(iterator) for iterator in iterators]

    use()
    before = kept()
    for _ in range(3):
        use()
    assert kept() <= before


@pytest.mark.parametrize(
    "derive",
    [
        lambda ds: ds,
        lambda ds: ds.map(lambda x: x, num_parallel_calls=2),
        lambda ds: ds.unbatch().batch(4).prefetch(2),
        lambda ds: ds.take(9),
        lambda ds: tf.data.Dataset.zip(ds, tf.data.Dataset.range(9)).map(lambda x, _: x),
        lambda ds: tf.data.Dataset.range(1).flat_map(lambda _: ds),
        iter,
    ],
    ids=["itself", "map", "batch", "take", "zip", "flat_map", "iterator"],
)
def test_a_data_set_outlives_its_generator(derive):
    wanted = ids(DataGenerator(samples(), 4, True, True, "g", seed=1), 3)
    derived = derive(DataGenerator(samples(), 4, True, True, "g", seed=1).get_dataset())
    gc.collect()
    assert [batch["id"].numpy().tolist() for batch in islice(derived, 3)] == wanted


def test_a_data_set_that_is_made_within_a_graph_lasts_as_long_as_the_graph():
    def make(_):
        return DataGenerator(samples(), 4, True, True, "g", seed=1).get_dataset(structure="id")

    dataset = tf.data.Dataset.range(1).interleave(make)
    gc.collect()
    wanted = ids(DataGenerator(samples(), 4, True, True, "g", seed=1), 3)
    assert [batch.numpy().tolist() for batch in dataset.take(3)] == wanted


def test_a_data_set_that_is_known_to_tensorflow_alone_needs_its_generator():
    generator = DataGenerator(samples(), 4)
    variant = tf.data.experimental.to_variant(generator.get_dataset(structure="id"))
    dataset = tf.data.experimental.from_variant(variant, tf.TensorSpec([None], tf.int64))
    gc.collect()
    assert next(iter(dataset)).numpy().tolist() == [0, 1, 2, 3]
    del generator
    gc.collect()
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match="the samples of this data set are gone; "
        "keep the data set, or its generator, for as long as it is in use",
    ):
        next(iter(dataset))


def test_a_dictionary_of_lists_is_a_table():
    assert ids(DataGenerator({"id": [1, 2, 3]}, 2)) == [[1, 2], [3]]


def test_a_new_generator_has_handed_out_nothing_yet():
    generator = DataGenerator(samples(), 4, repeat=True)
    next(generator.get_dataset_numpy())
    assert generator.map(lambda x: x).state()["draw"] == generator.shard(2, 0).state()["draw"] == 0
    generator.get_dataset()
    assert generator.map(lambda x: x).state()["draw"] == generator.shard(2, 0).state()["draw"] == 0


def test_a_state_is_good_for_all_workers():
    generator = DataGenerator(samples(), 4, True, True, "g", seed=1)
    part = generator.shard(3, 1)
    wanted = ids(part, 6)
    state = generator.shard(3, 2).state(batches=2)
    assert ids(part.restore(state), 4) == wanted[2:]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_checkpoint_of_the_iterator_goes_on_where_it_was(stream, tmp_path):
    def keep(x, sample_seed):
        return {"id": x["id"], "seed": sample_seed}

    # Two groups of unlike sizes, and a position in the middle of a portion.
    generator = DataGenerator(samples(), 32, True, True, "g", seed=1, stream=stream).map(keep)
    iterator = iter(generator.get_dataset())
    for _ in range(300):
        next(iterator)
    saved = tf.train.Checkpoint(iterator=iterator).save(str(tmp_path / "at"))
    wanted = [next(iterator)["seed"].numpy().tolist() for _ in range(300)]
    again = iter(generator.get_dataset())
    tf.train.Checkpoint(iterator=again).restore(saved)
    assert [next(again)["seed"].numpy().tolist() for _ in range(300)] == wanted
    assert wanted[0][0][1] == 300 * 32


@pytest.mark.parametrize("seed", [None, -1])
def test_a_seed_from_the_system_is_told(seed):
    for stream in STREAMS:
        generator = StratifiedSampler(4, "g", seed=seed, stream=stream).get(samples(), True, True)
        told = generator.get_debug_info()["seed"]
        again = StratifiedSampler(4, "g", seed=told, stream=stream).get(samples(), True, True)
        assert ids(again, 9) == ids(generator, 9)
        other = StratifiedSampler(4, "g", seed=seed, stream=stream).get(samples(), True, True)
        assert other.get_debug_info()["seed"] != told


@pytest.mark.parametrize("stream", STREAMS)
def test_a_random_state_is_a_seed_too(stream):
    def drawn(seed):
        random = np.random.RandomState(seed)
        generator = DataGenerator(samples(), 4, True, True, "g", seed=random, stream=stream)
        return ids(generator, 9)

    assert drawn(1) == drawn(1) != drawn(2)
    if stream == "brevettiai":
        same = DataGenerator(samples(), 4, True, True, "g", seed=1, stream=stream)
        assert drawn(1) == ids(same, 9)


def test_debug_info_tells_the_weights_by_group():
    generator = DataGenerator(samples(9), sampling_groupby=["g", "id"], seed=1)
    weights = generator.get_debug_info()["sample_weight"]
    assert list(weights)[:2] == [("a", 1), ("a", 2)]
    assert sum(weights.values()) == pytest.approx(1)
    assert DataGenerator(samples(), seed=1).get_debug_info() == {"seed": 1, "stream": "stratified"}


def test_the_batch_size_can_be_changed():
    generator = DataGenerator(samples(), 4, True, True, "g", seed=1)
    other = generator.map(lambda x: x)
    generator.batch_size = 8
    assert (generator.batch_size, other.batch_size) == (8, 4)
    assert list(chain(*ids(generator, 2))) == list(chain(*ids(other, 4)))


@pytest.mark.parametrize("repeat, plan", [(-1, True), (0, False), (np.True_, True), (3, 3)])
def test_repeat_takes_what_tensorflow_takes(repeat, plan):
    assert DataGenerator(samples(), repeat=repeat).plan.repeat is plan or plan == 3


def test_prefetch_does_not_change_the_elements():
    generator = DataGenerator(samples(), 4, True, False, "g", seed=1)
    wanted = ids(generator)
    several = (False, 0, 1, 5, -1, None, np.True_, np.int8(3))
    assert [ids(generator, prefetch=p) for p in several] == [wanted] * 8


def test_single_samples_are_there_as_a_data_set():
    assert [int(x["id"]) for x in DataGenerator(samples(3)).dataset] == [0, 1, 2]


def test_the_sampler_hands_its_settings_on_and_they_can_be_overridden():
    sampler = StratifiedSampler(4, ["g"], "count", max_epoch_samples=8, seed=2)
    generator = sampler.get(samples(), shuffle=True, repeat=2, output_structure="id", start=4)
    plan = generator.plan
    assert (plan.batch_size, plan.groupby, plan.weighting) == (4, ("g",), "count")
    assert (plan.seed, plan.shuffle, plan.repeat, len(generator)) == (2, True, 2, 2)
    assert generator.state()["draw"] == 4
    other = sampler.get(samples(), seed=5, batch_size=10)
    assert (other.plan.seed, other.batch_size, other.plan.shuffle) == (5, 10, False)


def test_groups_of_categories_are_sorted_by_value_in_both_streams():
    column = pd.Categorical(["s", "l", "m", "l"], categories=["s", "m", "l"])
    frame = pd.DataFrame({"size": column, "id": range(4), "kind": list("yxyx")})
    keys = [
        DataGenerator(frame, sampling_groupby=groupby, stream=stream).plan.keys
        for stream, groupby in [
            ("stratified", "size"),
            ("brevettiai", "size"),
            ("brevettiai", ["kind", "size"]),
        ]
    ]
    assert keys[0] == (("l",), ("m",), ("s",))
    assert keys[1] == (("l",), ("m",), ("s",))
    assert keys[2] == (("x", "l"), ("y", "m"), ("y", "s"))
    generator = DataGenerator(frame, 4, sampling_groupby="size", stream="brevettiai")
    drawn = next(generator.get_samples_numpy())
    pairs = set(zip(drawn["size"].tolist(), drawn["_sampling_group"].tolist(), strict=True))
    assert pairs <= {("l", 0), ("m", 1), ("s", 2)}
