"""The feed: portions of a worker's draws, whoever asks for which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample import Shard, make_plan, open_stream, read_manifest
from brevetti_sample.streams.cursors import Feed

MANIFEST = read_manifest([{"g": name} for name in "aaaaabbbbbbbbbbbbbbbbbbc"])


def plan_of(**settings):
    return make_plan(MANIFEST, "g", "square root", **({"seed": 3} | settings))


def whole(plan, stop):
    """The numbers, groups and rows of the first draws, by the stream itself."""
    parts = list(open_stream(plan).draws(0, stop))
    group = np.concatenate([draws.group for draws in parts])
    return np.arange(len(group)), group, np.concatenate([draws.row for draws in parts])


@given(
    stream=st.sampled_from(["stratified", "brevettiai"]),
    start=st.integers(0, 100),
    size=st.integers(1, 9),
    count=st.integers(1, 4),
    spans=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=8),
    data=st.data(),
)
def test_any_portion_in_any_order_is_that_of_the_stream(stream, start, size, count, spans, data):
    plan = plan_of(stream=stream, batch_size=size)
    rank = data.draw(st.integers(0, count - 1))
    feed = Feed(open_stream(plan), start, Shard(rank, count))
    number, group, row = whole(plan, 2000)
    own = (number >= start) & (number // size % count == rank)
    number, group, row = number[own], group[own], row[own]
    for first, length in spans:
        taken = feed.take(first, first + length)
        part = slice(first, first + length)
        for got, wanted in zip(taken, (number, group, row), strict=True):
            assert got.tolist() == wanted[part].tolist()


@given(
    size=st.integers(1, 9),
    count=st.integers(1, 4),
    start=st.integers(0, 48),
    repeat=st.sampled_from([False, 2]),
)
def test_the_lengths_of_the_workers_add_up(size, count, start, repeat):
    plan = plan_of(repeat=repeat, batch_size=size)
    assert plan.length is not None
    start = min(start, plan.length)
    feeds = [Feed(open_stream(plan), start, Shard(rank, count)) for rank in range(count)]
    assert sum(feed.length for feed in feeds) == plan.length - start
    numbers = [number for feed in feeds for number in feed.take(0, feed.length)[0].tolist()]
    assert sorted(numbers) == list(range(start, plan.length))


@given(
    size=st.integers(1, 9),
    count=st.integers(1, 4),
    start=st.integers(0, 40),
    taken=st.integers(0, 90),
    data=st.data(),
)
def test_going_on_at_the_draw_number_gives_the_rest(size, count, start, taken, data):
    rank = data.draw(st.integers(0, count - 1))
    plan = plan_of(batch_size=size)
    feed = Feed(open_stream(plan), start, Shard(rank, count))
    later = Feed(open_stream(plan), feed.draw_number(taken), Shard(rank, count))
    assert later.take(0, 50)[0].tolist() == feed.take(taken, taken + 50)[0].tolist()


def test_workers_that_took_as_many_batches_go_on_at_the_same_number():
    plan = plan_of(batch_size=4)
    feeds = [Feed(open_stream(plan), 0, Shard(rank, 3)) for rank in range(3)]
    assert {feed.draw_number(8) for feed in feeds} == {24}


def test_readers_in_step_do_not_look_positions_up_again(monkeypatch):
    stream = open_stream(plan_of(stream="brevettiai"))
    opened = []
    draws = stream.draws
    monkeypatch.setattr(stream, "draws", lambda *span: opened.append(span) or draws(*span))
    feed = Feed(stream)
    for portion in range(20):
        for _reader in range(2):
            feed.take(portion * 10, portion * 10 + 10)
    assert len(opened) == 2


def test_an_endless_feed_has_no_length():
    assert Feed(open_stream(plan_of())).length is None


@pytest.mark.parametrize("draw", [0, 1, 7, 8, 100])
def test_own_and_number_are_inverse(draw):
    shards = [Shard(rank, 3) for rank in range(3)]
    assert sum(shard.position(draw, 4) for shard in shards) == draw
    for shard in shards:
        assert shard.position(shard.draw_number(draw, 4), 4) == draw
