"""Batches of drawn samples in TensorFlow, against a data set for each group.

The other recipe is what brevettiai 0.x did, and what the documentation of TensorFlow suggests: each
group a data set of all columns, shuffled and repeated, and `sample_from_datasets` over them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import tensorflow as tf
from timing import in_turn, report

from brevetti_sample import DataGenerator

Take = Callable[[tf.data.Dataset, int], None]


def make_samples(rows: int, groups: int) -> pd.DataFrame:
    """Make samples of 8 text columns, their groups of sizes after Zipf's law."""
    random = np.random.default_rng(1)
    share = 1 / np.arange(1, groups + 1) ** 1.2
    group = random.choice(groups, size=rows, p=share / share.sum())
    group[:groups] = np.arange(groups)
    columns = {"group": [f"group_{number:05}" for number in group]}
    for column in range(7):
        columns[f"text_{column}"] = [
            f"s3://bucket/folder_{column}/{row:08}.png" for row in range(rows)
        ]
    return pd.DataFrame(columns)


def data_set_of_groups(samples: pd.DataFrame, batch_size: int) -> tf.data.Dataset:
    """Build the other recipe's data set, by square roots."""
    random = np.random.RandomState(1)
    data_sets, weights = [], []
    for _, rows in samples.groupby("group"):
        part = rows.iloc[random.permutation(np.arange(len(rows)))]
        columns = {name: part[name].to_numpy(dtype=object) for name in part}
        seed = int(random.randint(1 << 31))
        data_set = tf.data.Dataset.from_tensor_slices(columns).repeat()
        shuffled = data_set.shuffle(min(len(part), 1024), seed, reshuffle_each_iteration=False)
        data_sets.append(shuffled)
        weights.append(np.sqrt(len(part)))
    drawn = tf.data.Dataset.sample_from_datasets(data_sets, np.array(weights) / sum(weights), 1)
    return drawn.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def generator(samples: pd.DataFrame, batch_size: int, stream: str) -> tf.data.Dataset:
    """Build ours, by square roots."""
    return DataGenerator(
        samples, batch_size, True, True, "group", "square root", seed=1, stream=stream
    ).get_dataset()


def reduced(data_set: tf.data.Dataset, batches: int) -> None:
    """Take batches inside of the data set's own runtime: what it can deliver."""
    data_set.take(batches).reduce(np.int64(0), lambda count, _: count + 1).numpy()


@tf.function
def _stepped(batches: tf.data.Iterator, count: tf.Tensor) -> tf.Tensor:
    taken = 0
    for _ in tf.range(count):
        taken += tf.size(next(batches)["group"])
    return taken


def stepped(data_set: tf.data.Dataset, batches: int) -> None:
    """Take batches by a loop inside of a TensorFlow function, as `Model.fit` does."""
    _stepped(iter(data_set), tf.constant(batches)).numpy()


def looped(data_set: tf.data.Dataset, batches: int) -> None:
    """Take batches by a loop in Python."""
    for _ in data_set.take(batches):
        pass


def rate(data_set: tf.data.Dataset, take: Take, batches: int, size: int) -> float:
    """Rows a second, once the first batch is there."""
    start = time.perf_counter()
    take(data_set, 1)
    middle = time.perf_counter()
    take(data_set, batches + 1)
    return batches * size / (time.perf_counter() - middle - (middle - start))


def main() -> None:
    """Print two tables: the time to the first batch, and that of many batches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--groups", type=int, default=1_000)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--batches", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    samples = make_samples(arguments.rows, arguments.groups)
    size = arguments.batch_size
    recipes = {
        "brevetti-sample": lambda: generator(samples, size, "stratified"),
        "brevetti-sample, stream brevettiai": lambda: generator(samples, size, "brevettiai"),
        "sample_from_datasets": lambda: data_set_of_groups(samples, size),
    }
    title = f"{arguments.rows} rows, {arguments.groups} groups, 8 text columns, batches of {size}"
    first = in_turn(
        [(name, lambda make=make: next(iter(make()))) for name, make in recipes.items()],
        min(arguments.repeats, 3),
    )
    report(f"To the first batch: {title}", first)
    ready = {name: make() for name, make in recipes.items()}
    for how, take in (
        ("by the data set alone", reduced),
        ("by a function of TensorFlow", stepped),
        ("by a loop in Python", looped),
    ):
        print(f"\n{arguments.batches} batches, taken {how}: {title}\n")
        print("| | rows/s: min, median, max | ratio to the last: min, median, max |\n|:--|--:|--:|")
        rates: dict[str, list[float]] = {name: [] for name in ready}
        for _ in range(arguments.repeats):
            for name, data_set in ready.items():
                rates[name].append(rate(data_set, take, arguments.batches, size))
        for name, values in rates.items():
            ratios = [a / b for a, b in zip(values, rates["sample_from_datasets"], strict=True)]
            print(f"| {name} | {spread(values, 0)} | {spread(ratios, 2)} |")


def spread(values: list[float], digits: int) -> str:
    """Write the smallest, the median and the largest value."""
    figures = (min(values), statistics.median(values), max(values))
    return ", ".join(f"{figure:.{digits}f}" for figure in figures)


if __name__ == "__main__":
    main()
