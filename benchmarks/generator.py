"""Batches of drawn samples, against a data set for each group.

The other recipe in TensorFlow is what brevettiai 0.x did, and what its documentation suggests: each
group a data set of all columns, shuffled and repeated, and `sample_from_datasets` over them. Grain
is asked for the same: each group a `MapDataset`, shuffled and repeated, and `mix` over them.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import tensorflow as tf
from timing import in_turn, report

from brevetti_sample import DataGenerator

STATUS = Path("/proc/self/status")
WINDOW = 500


@dataclass(frozen=True)
class Recipe:
    """A way to make batches.

    Attributes:
        make: from the samples and the batch size to what is iterated over.
        part: which part of the batches it takes, for it is so much slower.
        is_data_set: whether it makes a `tf.data.Dataset`.
    """

    make: Callable[[pd.DataFrame, int], Any]
    part: float = 1
    is_data_set: bool = True


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
    # As many as TensorFlow likes would be thousands, read in the time of the other recipes.
    return drawn.batch(batch_size).prefetch(2)


def constant(samples: pd.DataFrame, batch_size: int) -> tf.data.Dataset:
    """Build a data set of one batch again and again: nothing to draw, so none can be faster."""
    columns = {name: samples[name].to_numpy(dtype=object)[:batch_size] for name in samples}
    return tf.data.Dataset.from_tensors(columns).repeat()


def data_set_of_grain(samples: pd.DataFrame, batch_size: int) -> Any:
    """Build Grain's data set, by square roots; its batches are of NumPy."""
    import grain

    columns = {name: samples[name].to_numpy(dtype=object) for name in samples}

    class Rows:
        def __init__(self, rows: np.ndarray) -> None:
            self.rows = rows

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, place: int) -> dict[str, str]:
            row = self.rows[place]
            return {name: values[row] for name, values in columns.items()}

    sources = list(map(Rows, samples.groupby("group").indices.values()))
    data_sets = [
        grain.MapDataset.source(rows).shuffle(seed=seed).repeat()
        for seed, rows in enumerate(sources)
    ]
    weights = np.sqrt([len(rows) for rows in sources])
    mixed = grain.MapDataset.mix(data_sets, (weights / weights.sum()).tolist())
    # Threads, of no use here, would read ahead in the time of the other recipes.
    return mixed.batch(batch_size).to_iter_dataset(grain.ReadOptions(0, 0))


def ours(stream: str) -> Callable[[pd.DataFrame, int], tf.data.Dataset]:
    """Build ours, by square roots."""
    return lambda samples, batch_size: DataGenerator(
        samples, batch_size, True, True, "group", "square root", seed=1, stream=stream
    ).get_dataset()


RECIPES = {
    "brevetti-sample": Recipe(ours("stratified")),
    "brevetti-sample, stream brevettiai": Recipe(ours("brevettiai")),
    "one batch again and again": Recipe(constant),
    "Grain": Recipe(data_set_of_grain, part=1 / 100, is_data_set=False),
    "sample_from_datasets": Recipe(data_set_of_groups, part=1 / 10),
}
LAST = "sample_from_datasets"


def quiet(data_set: Any) -> Any:
    """Keep TensorFlow from reading ahead, beyond what a recipe asks for, in the others' time."""
    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False
    return data_set.with_options(options) if isinstance(data_set, tf.data.Dataset) else data_set


def windowed(data_set: tf.data.Dataset, count: int) -> Callable[[], float]:
    """Take batches by windows, which TensorFlow fills by itself: what the data set can deliver."""
    size = min(count, WINDOW)
    windows: Iterator[Any] = iter(quiet(data_set.window(size)))
    next(windows)
    return lambda: _seconds(lambda: [None for _ in islice(windows, count // size)])


@tf.function
def _stepped(batches: tf.data.Iterator, count: tf.Tensor) -> tf.Tensor:
    taken = 0
    for _ in tf.range(count):
        taken += tf.size(next(batches)["group"])
    return taken


def stepped(data_set: tf.data.Dataset, count: int) -> Callable[[], float]:
    """Take batches by a loop inside of a TensorFlow function, as `Model.fit` does."""
    batches = iter(quiet(data_set))
    _stepped(batches, tf.constant(1))
    return lambda: _seconds(lambda: _stepped(batches, tf.constant(count)).numpy())


def looped(data_set: Any, count: int) -> Callable[[], float]:
    """Take batches by a loop in Python."""
    batches: Iterator[Any] = iter(quiet(data_set))
    next(batches)
    return lambda: _seconds(lambda: [None for _ in islice(batches, count)])


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def counted(name: str, batches: int) -> int:
    """How many batches a recipe takes: all or a part, as many as whole windows have."""
    count = max(int(batches * RECIPES[name].part), 1)
    return count // WINDOW * WINDOW or count


def rates(
    begin: Callable[[Any, int], Callable[[], float]],
    ready: dict[str, Any],
    batches: int,
    size: int,
    repeats: int,
) -> dict[str, list[float]]:
    """Rows a second of each recipe in turn.

    What is taken first does not count: a data set reads ahead while the others have their turns.
    """
    counts = {name: counted(name, batches) for name in ready}
    takes = {name: begin(data_set, counts[name]) for name, data_set in ready.items()}
    result: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(repeats):
        for name, take in takes.items():
            take()
            result[name].append(counts[name] * size / take())
    return result


def report_rates(title: str, found: dict[str, list[float]]) -> None:
    """Print a table of rows a second."""
    print(f"\n{title}\n")
    print("| | rows/s: min, median, max | ratio to the last: min, median, max |\n|:--|--:|--:|")
    for name, values in found.items():
        ratios = [a / b for a, b in zip(values, found[LAST], strict=True)]
        print(f"| {name} | {spread(values, 0)} | {spread(ratios, 2)} |", flush=True)


def spread(values: list[float], digits: int) -> str:
    """Write the smallest, the median and the largest value."""
    figures = (min(values), statistics.median(values), max(values))
    return ", ".join(f"{figure:.{digits}f}" for figure in figures)


def peak_memory() -> str:
    """The most memory that this process had, as Linux tells it; elsewhere a dash."""
    if not STATUS.exists():
        return "-"
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM")]
    return f"{int(line.split()[1]) / 1024:.0f}"


def memory_of(name: str, groups: int, arguments: argparse.Namespace) -> str:
    """The peak memory of a process of its own that takes batches by a recipe."""
    options = {"rows": arguments.rows, "batch-size": arguments.batch_size}
    options |= {"groups": groups, "batches": arguments.batches, "memory-of": name}
    words = [f"--{option}={value}" for option, value in options.items()]
    command = [sys.executable, __file__, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def compare(groups: int, arguments: argparse.Namespace) -> None:
    """Print the tables of a number of groups."""
    there = {"Grain": importlib.util.find_spec("grain") is not None}
    recipes = {name: recipe for name, recipe in RECIPES.items() if there.get(name, True)}
    size, batches, repeats = arguments.batch_size, arguments.batches, arguments.repeats
    title = f"{arguments.rows} rows, {groups} groups, 8 text columns, batches of {size}"
    samples = make_samples(arguments.rows, groups)
    first = in_turn(
        [
            (name, lambda make=recipe.make: next(iter(make(samples, size))))
            for name, recipe in recipes.items()
        ],
        repeats,
    )
    report(f"To the first batch: {title}", first)
    missing = [name for name in RECIPES if name not in recipes]
    for name in missing:
        print(f"| {name} | not installed |")
    ready = {name: recipe.make(samples, size) for name, recipe in recipes.items()}
    data_sets = {name: ready[name] for name, recipe in recipes.items() if recipe.is_data_set}
    for how, begin, those in (
        ("by the data set alone", windowed, data_sets),
        ("by a function of TensorFlow", stepped, data_sets),
        ("by a loop in Python", looped, ready),
    ):
        found = rates(begin, those, batches, size, repeats)
        report_rates(f"{batches} batches, taken {how}: {title}", found)
    print(f"\nTo the last of {batches} batches: {title}\n\n| | peak memory in MB |\n|:--|--:|")
    for name in ["the samples alone", *recipes]:
        print(f"| {name} | {memory_of(name, groups, arguments)} |", flush=True)
    print()


def main() -> None:
    """Print tables: the time to the first batch, rows a second, and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--groups", type=int, nargs="+", default=[3, 1_000])
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--batches", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--memory-of", help="only tell the memory that one recipe takes")
    arguments = parser.parse_args()
    if arguments.memory_of is None:
        for groups in arguments.groups:
            compare(groups, arguments)
        return
    samples = make_samples(arguments.rows, arguments.groups[0])
    if arguments.memory_of in RECIPES:
        recipe = RECIPES[arguments.memory_of]
        count = counted(arguments.memory_of, arguments.batches)
        looped(recipe.make(samples, arguments.batch_size), count)()
    print(peak_memory())


if __name__ == "__main__":
    main()
