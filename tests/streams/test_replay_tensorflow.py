"""The replay stream against TensorFlow itself, with the operations that brevettiai 0.x used."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from brevetti_sample import group_rows, make_plan, read_manifest
from brevetti_sample.streams.philox import numbers, operation_seeds, stateless_uniform
from brevetti_sample.streams.replay import ReplayStream, float_shares


def judged(index, sizes, share, seed, *, shuffle, repeat, grouped):
    """The recipe of the documentation, on row numbers; and its generator afterwards."""
    random = np.random.RandomState(seed)
    datasets, low = [], 0
    for size in sizes.tolist():
        group = index[low : low + size]
        low += size
        group = group[random.permutation(np.arange(size))] if shuffle else group
        data = tf.data.Dataset.from_tensor_slices(group)
        data = data.repeat(-1 if repeat is True else repeat) if repeat else data
        if shuffle:
            chance = np.frombuffer(random.bytes(8), dtype=np.int64)[0]
            data = data.shuffle(min(size, 1024), chance, reshuffle_each_iteration=False)
        datasets.append(data)
    if not grouped:
        return datasets[0], random
    if shuffle:
        chance = np.frombuffer(random.bytes(8), dtype=np.int64)[0]
        return tf.data.Dataset.sample_from_datasets(datasets, share, chance), random

    def phases():
        state = 0
        while True:
            state += share.min() / 2
            yield np.sum(np.cumsum(share) < state % 1.0)

    choice = tf.data.Dataset.from_generator(phases, tf.int64)
    return tf.data.Dataset.choose_from_datasets(datasets, choice, False), random


@pytest.mark.parametrize("graph_seed", [None, 0, 7, 2**31 - 1, 2**40 + 3])
def test_every_draw_is_that_of_tensorflow(graph_seed, request):
    if graph_seed is not None:
        request.addfinalizer(lambda: tf.random.set_seed(None))
        tf.random.set_seed(graph_seed)
    chance = np.random.default_rng(graph_seed or 1)
    for trial, (shuffle, repeat, grouped) in enumerate(
        (s, r, g) for s in (True, False) for r in (True, False, 2) for g in (True, False)
    ):
        sizes = chance.integers(1, 1500 if trial % 2 else 25, size=int(chance.integers(1, 5)))
        names = np.repeat([f"{g}" for g in range(len(sizes))], sizes)
        chance.shuffle(names)
        grouping = group_rows(
            read_manifest([{"g": str(name)} for name in names]), "g" if grouped else None
        )
        plan = make_plan(
            grouping,
            weighting=["square root", "count", "logx+1"][trial % 3],
            seed=trial,
            stream="brevettiai",
            shuffle=shuffle,
            repeat=repeat,
        )
        index = grouping.index()
        seed = tf.compat.v1.get_seed(0)[0]
        stream = ReplayStream(plan, index, graph_seed=seed)
        expected, random = judged(
            index.rows,
            grouping.sizes,
            float_shares(plan),
            trial,
            shuffle=shuffle,
            repeat=repeat,
            grouped=grouped,
        )
        count = 1100
        wanted = [int(row) for row in expected.take(count).as_numpy_iterator()]
        drawn = np.concatenate([draws.row for draws in stream.draws(0, count)]).tolist()
        assert drawn == wanted, (trial, shuffle, repeat, grouped)
        # What is left in the generator are the seeds of the maps.
        assert random.bytes(8) == stream.random.bytes(8)


@pytest.mark.parametrize("seed", [0, 5, 2**31 - 1, 2**63 - 1, -3])
def test_numbers_are_those_of_a_random_data_set(seed):
    first, second = operation_seeds(87654321, np.array([seed]))
    wanted = list(tf.data.Dataset.random(seed).take(9).as_numpy_iterator())
    assert numbers(first, np.repeat(second, 9), np.arange(9)).tolist() == wanted


def test_uniform_numbers_choose_as_the_stateless_operation_does():
    logits = np.log(np.array([[0.1, 0.2, 0.3, 0.4]]))
    pairs = np.random.default_rng(1).integers(0, 2**32, size=(300, 2))
    wanted = [
        int(tf.raw_ops.StatelessMultinomial(logits=logits, num_samples=1, seed=pair)[0, 0])
        for pair in pairs
    ]
    weights = np.cumsum(np.exp(logits[0] - logits.max()))
    unsigned = pairs.astype(np.uint64)
    places = stateless_uniform(unsigned[:, 0], unsigned[:, 1]) * weights[-1]
    assert np.searchsorted(weights, places, side="right").tolist() == wanted
