"""The replay stream, without TensorFlow: what it is known to have given, and its laws."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample import group_rows, make_plan, read_manifest
from brevetti_sample.errors import UsageError
from brevetti_sample.groups.weighting import PRESETS
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.replay import ReplayStream, float_shares


def manifest_of(sizes):
    return read_manifest([{"g": f"{g:03}"} for g, n in enumerate(sizes) for _ in range(n)])


def stream_of(sizes, **settings):
    grouping = group_rows(manifest_of(sizes), "g")
    plan = make_plan(grouping, **({"seed": 1, "stream": "brevettiai"} | settings))
    return ReplayStream(plan, grouping.index())


def rows(stream, start, stop):
    parts = [draws.row for draws in stream.draws(start, stop)]
    return np.concatenate(parts).tolist() if parts else []


def test_the_documented_draws_of_the_bottle_listing(listing):
    manifest = read_manifest(listing)
    grouping = group_rows(manifest, "folder")
    plan = make_plan(grouping, weighting="square root", seed=1, stream="brevettiai")
    drawn = rows(open_stream(plan, grouping.index()), 0, 8)
    paths = manifest.read(["path"]).column(0).to_pylist()
    assert ["/".join(paths[row].split("/")[-2:]).removesuffix(".bmp") for row in drawn] == [
        "good/2_1543412100881",
        "good/44_1543412166931",
        "missing_cap/1_1543412754274",
        "missing_cap/4_1543412678089",
        "good/24_1543412105328",
        "good/18_1543412104125",
        "bad_cap/9_1543413268396",
        "missing_cap/3_1543412754682",
    ]
    assert open_stream(plan).counts(180).tolist() == [39, 112, 29]


def test_draws_of_large_groups_stay_as_they_are():
    # Computed with TensorFlow 2.21: two shuffles of groups larger than the buffer.
    stream = stream_of([3000, 1500, 5], weighting="square root", seed=7)
    assert rows(stream, 0, 6) == GOLDEN_START
    assert rows(stream, 9_994, 10_000) == GOLDEN_LATER


GOLDEN_START = [141, 4439, 4107, 511, 3060, 3792]
GOLDEN_LATER = [1265, 4197, 2682, 3803, 3875, 192]


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    repeat=st.sampled_from([True, False, 2]),
    shuffle=st.booleans(),
    weighting=st.sampled_from(["uniform", "count", "square root", "logx+1"]),
    start=st.integers(0, 300),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_start_gives_the_tail(sizes, repeat, shuffle, weighting, start, seed):
    settings = {"repeat": repeat, "shuffle": shuffle, "weighting": weighting, "seed": seed}
    stream = stream_of(sizes, **settings)
    assert rows(stream, start, 400) == rows(stream, 0, 400)[start:]


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    repeat=st.sampled_from([False, 2, 3]),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_finite_stream_draws_every_row_as_often_as_asked(sizes, repeat, shuffle, seed):
    stream = stream_of(sizes, repeat=repeat, shuffle=shuffle, seed=seed)
    times = np.bincount(rows(stream, 0, 10**6), minlength=sum(sizes))
    assert times.tolist() == [repeat or 1] * sum(sizes)
    assert len(rows(stream, 0, 10**6)) == stream.plan.length


@given(start=st.integers(0, 50), count=st.integers(1, 200), shuffle=st.booleans())
def test_counts_and_rows_never_drawn_agree_with_the_draws(start, count, shuffle):
    stream = stream_of([20, 3, 60], shuffle=shuffle, weighting="count")
    group = np.repeat([0, 1, 2], [20, 3, 60])
    drawn = np.array(rows(stream, start, start + count))
    counts = stream.counts(start + count) - stream.counts(start)
    assert counts.tolist() == np.bincount(group[drawn], minlength=3).tolist()
    left = np.bincount(group[np.setdiff1d(np.arange(83), drawn)], minlength=3)
    assert stream.never_drawn(start, start + count).tolist() == left.tolist()


def test_the_draws_come_near_the_shares():
    stream = stream_of([100, 900], weighting="square root")
    assert abs(stream.counts(4000)[0] - 1000) < 100


def test_rows_without_a_value_are_left_out_as_pandas_does():
    manifest = read_manifest([{"g": "a"}, {"g": None}, {"g": "b"}])
    grouping = group_rows(manifest, "g")
    plan = make_plan(grouping, seed=1, stream="brevettiai")
    assert set(rows(ReplayStream(plan, grouping.index()), 0, 50)) == {0, 2}
    assert plan.excluded == ["(missing)"]
    without = make_plan(read_manifest([{"g": "a"}, {"g": "b"}]), "g", seed=1, stream="brevettiai")
    same = [0 if row == 0 else 1 for row in rows(ReplayStream(plan, grouping.index()), 0, 50)]
    assert same == [g for d in ReplayStream(without).draws(0, 50) for g in d.group.tolist()]


def test_a_manifest_whose_rows_have_no_value_is_refused():
    with pytest.raises(UsageError, match="no row has a value in 'g': nothing to draw"):
        make_plan(read_manifest([{"g": None}]), "g", stream="brevettiai")


@pytest.mark.parametrize("seed", [-(2**40), 2**32, 2**63])
def test_a_seed_that_numpy_does_not_take_is_refused_or_drawn(seed):
    manifest = manifest_of([2])
    if seed < 0:
        assert make_plan(manifest, seed=seed, stream="brevettiai").seed < 2**32
        return
    with pytest.raises(UsageError, match=rf"the seed must be from 0 to 2\^32 - 1, not {seed}"):
        make_plan(manifest, seed=seed, stream="brevettiai")


@pytest.mark.parametrize("weighting", [w for w in PRESETS if w != "power:A"])
def test_the_floating_shares_are_those_of_the_plan(weighting):
    plan = make_plan(manifest_of([5, 9, 20]), "g", weighting, stream="brevettiai")
    assert float_shares(plan) == pytest.approx(plan.weights / plan.total, abs=1e-9)


def test_a_function_of_sizes_and_keys_weighs_in_floating_point():
    def function(count, key):
        return count**0.3 if key != "001" else 0.5

    plan = make_plan(manifest_of([5, 9]), "g", function, stream="brevettiai")
    wanted = np.array([5**0.3, 0.5])
    assert (float_shares(plan, np.array([5**0.3, 0.5])) == wanted / wanted.sum()).all()


def test_a_group_of_weight_zero_is_never_drawn_and_the_end_is_reached():
    stream = stream_of([1, 4, 4], weighting="log", repeat=False)
    assert sorted(rows(stream, 0, 100)) == list(range(1, 9))


def test_the_command_line_writes_the_replayed_draws(run, listing):
    options = (listing, "-g", "folder", "-w", "square root", "--seed", 1, "--stream", "brevettiai")
    whole = run("plan", *options, "-n", 60, "-c", "path", "--format", "csv")
    assert whole.lines[1].endswith(
        "good,s3://public.data.criterion.ai/data/NeurIPS_2018_reduced/good/2_1543412100881.bmp"
    )
    tail = run("plan", *options, "-n", 20, "--start", 40, "-c", "path", "--format", "csv")
    assert tail.lines[1:] == whole.lines[41:]
    table = run("stats", *options, "--draws", 180, "--format", "csv")
    assert [line.split(",")[6] for line in table.lines[1:]] == ["39", "112", "29"]
    assert "batch" in run("plan", *options, "--format", "table").text


def test_a_saved_plan_keeps_the_stream(run, listing, tmp_path):
    saved = tmp_path / "plan.json"
    options = (listing, "-g", "folder", "--stream", "brevettiai", "-n", 9, "--format", "csv")
    first = run("plan", *options, "--save-plan", saved)
    assert run("plan", listing, "--plan", saved, "--format", "csv").out == first.out


def test_an_unknown_stream_is_a_usage_error_with_the_close_match(run):
    result = run("plan", "--stream", "brevettai")
    assert (result.code, result.err.splitlines()[-1]) == (
        2,
        "error: no stream 'brevettai'; did you mean 'brevettiai'?",
    )


def test_an_export_holds_the_replayed_draws(run, listing, tmp_path):
    options = (listing, "-g", "folder", "-w", "square root", "--seed", 1, "--stream", "brevettiai")
    done = run("export-tfrecord", *options, "--shards", 2, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    assert run("verify", tmp_path / "out", "--deep").code == 0
    shards = json.loads((tmp_path / "out" / "export.json").read_text())["shards"]
    assert [sum(counts) for counts in zip(*(s["groups"] for s in shards), strict=True)] == [
        39,
        112,
        29,
    ]
