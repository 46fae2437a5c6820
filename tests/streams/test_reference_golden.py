"""The second implementation gives the golden draws alone, and the library's on random plans.

`support.reference` is written from the appendix of `docs/stream.md`: where the first half of these
tests passes, the page suffices to make the draws again, and what the literals hold is what it says.
"""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brevetti_sample import Worker, make_plan, read_manifest, write_draws
from brevetti_sample.streams.stratified import Stream
from support import golden, reference, reference_plan
from support.plans import drawn, plan_of
from support.program import ROOT


def planned(sizes, weights, *, seed, shuffle=True, repeat=True):
    """What the reference reads of a plan."""
    return SimpleNamespace(sizes=sizes, weights=weights, seed=seed, shuffle=shuffle, repeat=repeat)


# The reference and the literals, without the library.


def test_the_weights_of_the_bottles():
    exact = [reference_plan.value(rows, "square root") for rows in golden.BOTTLES_SIZES]
    assert reference_plan.integers(exact) == golden.BOTTLES_WEIGHTS


def test_the_bottles():
    listing = ROOT / "sample_manifests" / "neurips_2018_reduced.csv"
    with listing.open(encoding="utf-8", newline="") as file:
        folders = [line["folder"] for line in csv.DictReader(file)]
    rows = [[row for row, f in enumerate(folders) if f == name] for name in sorted(set(folders))]
    plan = planned([len(part) for part in rows], golden.BOTTLES_WEIGHTS, seed=1)
    found = reference.stream(plan, len(golden.BOTTLES_GROUPS))
    assert [group for group, _ in found] == golden.BOTTLES_GROUPS
    assert [rows[group][position] for group, position in found] == golden.BOTTLES_ROWS
    epoch = [group for group, _ in reference.stream(plan, len(folders))]
    assert [epoch.count(group) for group in range(3)] == golden.BOTTLES_EPOCH


def test_the_digest_of_the_plan_of_the_bottles():
    plan = planned(golden.BOTTLES_SIZES, golden.BOTTLES_WEIGHTS, seed=1)
    plan.keys = [("bad_cap",), ("good",), ("missing_cap",)]
    plan.groupby, plan.weighting, plan.batch_size, plan.draws = ["folder"], "square root", 32, 180
    plan.where = plan.class_names = None
    assert reference_plan.digest(plan) == golden.BOTTLES_DIGEST


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if len(case.sizes) > 1000 else [])
        for name, case in golden.EXCERPTS.items()
    ],
)
def test_excerpts(name):
    case = golden.EXCERPTS[name]
    plan = planned(case.sizes, case.weights, **case.options)
    found = reference.stream(plan, len(case.groups), case.start)
    assert [group for group, _ in found] == case.groups
    assert [position for _, position in found[: len(case.positions)]] == case.positions


def test_keys_and_permutations():
    assert [reference.key(1, reference.GROUP_PLACES, group) for group in (0, 1)] == golden.KEYS
    for rows, first in golden.PERMUTATIONS.items():
        found = [reference.element(rows, golden.CYCLE_KEY, at) for at in range(len(first))]
        assert found == first


@pytest.mark.slow
@pytest.mark.parametrize("name", golden.LONG_RANGES)
def test_long_ranges(name):
    case = golden.LONG_RANGES[name]
    weights = reference_plan.integers([reference_plan.value(n, case.rule) for n in case.sizes])
    plan = planned(case.sizes, weights, **case.options)
    if name in golden.CLASSES:
        assert len(reference.classes(weights)) == golden.CLASSES[name]
    groups, positions = zip(*reference.stream(plan, case.count, case.start), strict=True)
    assert golden.digest(groups, positions) == case.digest


# The reference and the library.

SIZES = st.one_of(st.integers(1, 70), st.sampled_from([1, 64, 65, 4095, 4096, 4097]))
WEIGHTS = st.one_of(st.integers(0, 3), st.integers(1, 1 << 12), st.integers(1, 1 << 27))


@st.composite
def groups(draw, sizes=SIZES, most=12):
    """The sizes and weights of some groups, at least one of them with a weight."""
    pairs = draw(st.lists(st.tuples(sizes, WEIGHTS), min_size=1, max_size=most))
    weights = [weight for _, weight in pairs]
    return [size for size, _ in pairs], weights if any(weights) else [1] * len(weights)


def same(sizes, weights, start, count, **options):
    """Whether library and reference draw the same."""
    group, row = drawn(Stream(plan_of(sizes, weights, **options)), start, start + count)
    found = reference.stream(planned(sizes, weights, **options), count, start)
    return list(zip(group.tolist(), row.tolist(), strict=True)) == found


seeds = st.integers(0, 2**64 - 1)


@settings(max_examples=60, deadline=None)
@given(groups(), seeds, st.booleans(), st.integers(0, 10**12), st.integers(1, 60))
def test_an_endless_stream_from_any_draw_on(groups, seed, shuffle, start, count):
    assert same(*groups, start, count, seed=seed, shuffle=shuffle)


@settings(max_examples=20, deadline=None)
@given(st.data(), seeds, st.booleans(), st.integers(0, 10**6))
def test_an_endless_stream_of_several_classes(data, seed, shuffle, start):
    heavy = data.draw(st.lists(st.integers(1 << 16, 1 << 20), min_size=1, max_size=3))
    light = data.draw(st.lists(st.integers(1, 1 << 10), min_size=20, max_size=40))
    weights = data.draw(st.permutations(heavy + light))
    assert same([5] * len(weights), weights, start, 100, seed=seed, shuffle=shuffle)


def test_the_weights_of_these_tests_make_several_classes():
    assert len(reference.classes([1 << 16, *[1 << 10] * 40])) == 2


@settings(max_examples=60, deadline=None)
@given(
    groups(st.integers(1, 12)),
    seeds,
    st.booleans(),
    st.one_of(st.integers(0, 3), st.just(False)),
    st.integers(0, 200),
)
def test_a_finite_stream_from_any_draw_to_its_end(groups, seed, shuffle, repeat, start):
    assert same(*groups, start, 1000, seed=seed, shuffle=shuffle, repeat=repeat)


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 256, 257, 4095, 4096, 4097])
@pytest.mark.parametrize("shuffle", [True, False])
def test_two_cycles_of_one_group_of_each_size(size, shuffle):
    start = max(0, size - 150)
    assert same([size], [3], start, min(2 * size, 300), seed=size, shuffle=shuffle)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 29), st.integers(1, 40), st.data())
def test_batches_and_shards(batch_size, shards, start, count, data):
    repeat = data.draw(st.sampled_from([True, 1, 2]))
    worker = Worker(data.draw(st.integers(0, shards - 1)), shards)
    manifest = read_manifest([{"k": name} for name in "aabbbbcdda" * 3])
    plan = make_plan(manifest, "k", seed=count, batch_size=batch_size, repeat=repeat)
    written = io.BytesIO()
    write_draws(
        plan.bind(manifest),
        written,
        start=start,
        stop=start + count,
        columns=[],
        worker=worker,
        format="csv",
    )
    found = list(csv.DictReader(io.StringIO(written.getvalue().decode())))
    groups = [plan.keys[group][0] for group, _ in reference.stream(plan, count, start)]
    draws = reference.shard(start, start + len(groups), batch_size, worker.rank, shards)
    assert [int(line["draw"]) for line in found] == draws
    assert [int(line["batch"]) for line in found] == [draw // batch_size for draw in draws]
    assert [line["group"] for line in found] == [groups[draw - start] for draw in draws]
