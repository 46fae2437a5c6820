"""Draw rows by group shares: ours, and independent draws with `torch.multinomial`.

    python benchmarks/draws.py --rows 10000000 --groups 1000 --draws 10000000

Both draw row numbers of the same manifest with the same shares, on one thread: groups of Zipf 1.2
sizes, weighted by the square root of the size.
"""

from __future__ import annotations

import argparse

import numpy as np
from make_manifest import group_sizes
from timing import in_turn, report

from brevetti_sample.grouping import RowIndex
from brevetti_sample.plan import Plan
from brevetti_sample.stream import Stream
from brevetti_sample.weighting import weigh


def main() -> None:
    """Parse the arguments, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()

    sizes = group_sizes(arguments.rows, arguments.groups, 1.2)
    weights = weigh(sizes, "square root")
    keys = tuple((number,) for number in range(arguments.groups))
    plan = Plan(("folder",), "square root", keys, sizes, weights, seed=1)
    codes = np.repeat(np.arange(arguments.groups), sizes)
    np.random.default_rng(1).shuffle(codes)
    order = np.argsort(codes, kind="stable").astype(np.int32)
    stream = Stream(plan, RowIndex(order, np.cumsum(sizes) - sizes))

    def ours() -> None:
        for _ in stream.draws(0, arguments.draws):
            pass

    candidates = [("brevetti-sample", ours)]
    try:
        import torch
    except ModuleNotFoundError:
        print("torch is not installed: pip install --group benchmarks")
    else:
        torch.set_num_threads(1)
        shares = torch.from_numpy((weights / weights.sum() / sizes)[codes])
        candidates.append(
            (
                "torch.multinomial with replacement",
                lambda: torch.multinomial(shares, arguments.draws, replacement=True),
            )
        )
    title = f"{arguments.draws:,} draws, {arguments.rows:,} rows, {arguments.groups:,} groups"
    report(title, in_turn(candidates, arguments.repeats))


if __name__ == "__main__":
    main()
