"""Making what comes next while the last is in use."""

from __future__ import annotations

import threading

import pytest

from brevetti_sample.concurrency import ahead


def test_the_items_come_in_order_and_one_is_made_while_the_last_is_in_use():
    made = [threading.Event() for _ in range(3)]

    def items():
        for number, event in enumerate(made):
            event.set()
            yield number

    seen = []
    for number in ahead(items()):
        assert all(event.wait(10) for event in made[: number + 2])
        assert not any(event.is_set() for event in made[number + 2 :])
        seen.append(number)
    assert seen == [0, 1, 2]


def test_an_error_comes_where_its_item_would_have_come():
    def items():
        yield 1
        raise ValueError("the second is bad")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second is bad"):
        next(coming)


def test_no_thread_is_left_when_the_items_are_left():
    before = threading.active_count()
    coming = ahead(iter(range(100)))
    next(coming)
    coming.close()
    assert threading.active_count() == before
