"""Draw rows by group shares: ours, and what else draws with weights.

    python benchmarks/draws.py --groups 10 1000 100000

All draw row numbers of the same manifest with the same shares: groups of Zipf 1.2 sizes, weighted
by the square root of the size; ours and torch on one thread. A peer that is slow does a part of
the work only, as the table says, and its ratio is that of the rates. Each runs in a process of its
own, and what it takes to prepare does not count. The last table is the time to seek draw 10^9.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from make_manifest import group_sizes
from timing import Candidate, apart, in_turn, installed, report

from brevetti_sample.arrays.sorting import stable_order
from brevetti_sample.groups.row_index import RowIndex
from brevetti_sample.groups.weighting import weigh
from brevetti_sample.streams.plan import Plan
from brevetti_sample.streams.stratified import Stream

_SEEK = 10**9
# One data set or source a group: with more groups it takes minutes to make them.
_MOST_SOURCES = 1_000

Call = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """Groups, their rows and their shares, and how many rows to draw."""

    draws: int
    sizes: np.ndarray
    weights: np.ndarray
    codes: np.ndarray
    order: np.ndarray

    @classmethod
    def make(cls, rows: int, groups: int, draws: int) -> Case:
        """Make groups of Zipf 1.2 sizes, their rows shuffled."""
        sizes = group_sizes(rows, groups, 1.2)
        codes = np.repeat(np.arange(groups, dtype=np.int32), sizes)
        np.random.default_rng(1).shuffle(codes)
        order = stable_order(codes, groups).astype(np.int32)
        return cls(draws, sizes, weigh(sizes, "square root"), codes, order)

    @property
    def group_shares(self) -> np.ndarray:
        """The share of each group."""
        return self.weights / self.weights.sum()

    @property
    def row_shares(self) -> np.ndarray:
        """The share of each row."""
        return (self.group_shares / self.sizes)[self.codes]

    def stream(self) -> Stream:
        """Our stream."""
        keys = tuple((number,) for number in range(len(self.sizes)))
        plan = Plan(("folder",), "square root", keys, self.sizes, self.weights, seed=1)
        return Stream(plan, RowIndex(self.order, np.cumsum(self.sizes) - self.sizes))

    def rows_by_group(self) -> list[np.ndarray]:
        """The rows of each group."""
        return np.split(self.order, np.cumsum(self.sizes)[:-1])


def ours(case: Case) -> Call:
    """Draw by our stream."""
    stream = case.stream()
    return lambda: [None for _ in stream.draws(0, case.draws)]


def torch_multinomial(case: Case) -> Call:
    """Draw rows independently, with replacement."""
    import torch

    torch.set_num_threads(1)
    shares = torch.from_numpy(case.row_shares)
    return lambda: torch.multinomial(shares, case.draws, replacement=True)


def numpy_choice(case: Case) -> Call:
    """Draw rows independently, with replacement."""
    shares = case.row_shares
    shares /= shares.sum()
    generator = np.random.default_rng(1)
    return lambda: generator.choice(len(shares), case.draws, p=shares)


def pandas_sample(case: Case) -> Call:
    """Draw rows independently, with replacement."""
    import pandas

    rows = pandas.Series(np.arange(len(case.codes), dtype=np.int32))
    return lambda: rows.sample(case.draws, replace=True, weights=case.row_shares, random_state=1)


def grain_mix(case: Case) -> Call:
    """Mix shuffled, repeated sources, one a group."""
    import grain

    sources = [
        grain.MapDataset.source(rows).seed(1).shuffle().repeat() for rows in case.rows_by_group()
    ]
    mixed = grain.MapDataset.mix(sources, weights=case.group_shares.tolist())
    return lambda: [mixed[number] for number in range(case.draws)]


def tensorflow_sample_from_datasets(case: Case) -> Call:
    """Sample from shuffled, repeated data sets, one a group; in batches of 4,096."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    data_sets = [
        tf.data.Dataset.from_tensor_slices(rows).shuffle(min(len(rows), 1024), seed=1).repeat()
        for rows in case.rows_by_group()
    ]
    drawn = tf.data.Dataset.sample_from_datasets(data_sets, case.group_shares.tolist(), seed=1)
    batches = iter(drawn.batch(4096))
    next(batches)  # fills the buffers of all groups
    return lambda: [next(batches) for _ in range(-(-case.draws // 4096))]


def huggingface_interleave(case: Case) -> Call:
    """Interleave shuffled, repeated iterable data sets, one a group, by their shares."""
    import datasets

    def rows_of(rows: list[np.ndarray]):  # noqa: ANN202
        for part in rows:
            for row in part.tolist():
                yield {"row": row}

    parts = [
        datasets.IterableDataset.from_generator(rows_of, gen_kwargs={"rows": [rows]})
        .shuffle(seed=1, buffer_size=64)
        .repeat(None)
        for rows in case.rows_by_group()
    ]
    drawn = iter(datasets.interleave_datasets(parts, case.group_shares.tolist(), seed=1))
    next(drawn)  # fills the buffers of all groups
    return lambda: [next(drawn) for _ in range(case.draws)]


# Name, package, what makes it, the part of the work that it does, and whether it has a source a
# group.
_PEERS = (
    ("torch.multinomial", "torch", torch_multinomial, 1, False),
    ("NumPy Generator.choice(p=)", "numpy", numpy_choice, 1, False),
    ("pandas Series.sample(weights=)", "pandas", pandas_sample, 1, False),
    ("tf.data sample_from_datasets", "tensorflow", tensorflow_sample_from_datasets, 0.02, True),
    ("Grain MapDataset.mix", "grain", grain_mix, 0.001, True),
    ("Hugging Face interleave_datasets", "datasets", huggingface_interleave, 0.0001, True),
)


def draw(rows: int, groups: int, draws: int, repeats: int) -> None:
    """Print the table of one number of groups."""
    case = Case.make(rows, groups, draws)
    candidates: list[Candidate] = [("brevetti-sample", apart(lambda: ours(case)))]
    work = {}
    for name, package, prepare, part, by_group in _PEERS:
        if by_group and groups > _MOST_SOURCES:
            continue
        if not installed(package):
            candidates.append((name, None))
            continue
        some = Case(max(int(draws * part), 1), case.sizes, case.weights, case.codes, case.order)
        work[name] = some.draws / draws
        candidates.append((name, apart(lambda prepare=prepare, some=some: prepare(some))))
    title = f"{draws:,} draws of {rows:,} rows in {groups:,} groups"
    report(title, in_turn(candidates, repeats), work)


def seek(rows: int, groups: int, repeats: int) -> None:
    """Print how long it takes to the first draw from a late one on."""
    stream = Case.make(rows, groups, 1).stream()
    candidates: list[Candidate] = [
        ("the first 32 draws", lambda: next(stream.draws(_SEEK, _SEEK + 32))),
        ("how often each group came before", lambda: stream.counts(_SEEK)),
    ]
    report(f"Seek to draw {_SEEK:,} in {groups:,} groups", in_turn(candidates, repeats))


def main() -> None:
    """Parse the arguments, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--groups", type=int, nargs="+", default=[10, 1_000, 100_000])
    parser.add_argument("--draws", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    for groups in arguments.groups:
        draw(arguments.rows, groups, arguments.draws, arguments.repeats)
    seek(arguments.rows, min(1_000, arguments.rows), arguments.repeats)


if __name__ == "__main__":
    main()
