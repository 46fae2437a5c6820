"""The second implementation of weights, order of groups and digest, and the vectors of the page."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brevetti_sample import make_plan, read_manifest, weigh
from support import reference, reference_plan
from support.page_vectors import VECTORS

# The vectors of the page.


def test_hashes_and_keys():
    for x, mixed in VECTORS["mix"]:
        assert reference.mix(int(x, 16)) == int(mixed, 16)
    for case in VECTORS["key"]:
        found = reference.key(case["seed"], case["purpose"], case["index"])
        assert found == int(case["key"], 16)
    for case in VECTORS["place"]:
        found = reference.place(int(case["key"], 16), case["draw"])
        assert found == (case["place"], case["tie"])
    for case in VECTORS["tick"]:
        found = reference.tick(case["weight"], case["total"], case["draw"], case["place"])
        assert found == case["tick"]
    for case in VECTORS["cycle"]:
        found = reference.cycle_key(int(case["key"], 16), case["cycle"])
        assert found == int(case["cycle_key"], 16)


def test_permutations_classes_and_draws():
    for case in VECTORS["permutation"]:
        key = int(case["cycle_key"], 16)
        found = [reference.element(case["rows"], key, at) for at in range(len(case["first"]))]
        assert found == case["first"]
    for case in VECTORS["classes"]:
        assert reference.classes(case["weights"]) == case["classes"]
    for case in VECTORS["draws"]:
        times = case.get("repeated", 1)
        plan = SimpleNamespace(
            sizes=case["rows"] * times,
            weights=case["weights"] * times,
            seed=case["seed"],
            shuffle=case.get("shuffle", True),
            repeat=case.get("repeat", True),
        )
        found = reference.stream(plan, len(case["groups"]))
        assert found == list(zip(case["groups"], case["positions"], strict=True))


def test_weights():
    for case in VECTORS["weights"]:
        exact = [reference_plan.value(rows, case["weighting"]) for rows in case["rows"]]
        assert reference_plan.integers(exact) == case["weights"]
    for case in VECTORS["explicit_weights"]:
        assert reference_plan.integers(case["weights"]) == case["result"]


def test_digests():
    for case in VECTORS["digest"]:
        fields = json.loads(case["bytes"])
        groups = fields.pop("groups")
        where = fields.pop("where", None)
        plan = SimpleNamespace(
            **{"class_names": None} | fields,
            where=where and (where["column"], where["value"]),
            keys=[group["key"] for group in groups],
            sizes=[group["rows"] for group in groups],
            weights=[group["weight"] for group in groups],
        )
        assert reference_plan.digest_text(plan) == case["bytes"]
        assert reference_plan.digest(plan) == case["sha256"]


# Weights.

RULES = ["uniform", "count", "square root", "log", "logx+1", "power:0.5", "power:.5"]
sizes = st.lists(st.integers(1, 10**6), min_size=1, max_size=8)
exponents = st.decimals(-100, 100, places=3).map(lambda power: f"power:{power}")


@given(sizes, st.one_of(st.sampled_from(RULES), exponents))
def test_weights_by_a_rule_are_those_of_the_library(sizes, rule):
    exact = [reference_plan.value(rows, rule) for rows in sizes]
    if any(exact):
        assert weigh(np.array(sizes), rule).tolist() == reference_plan.integers(exact)


numbers = st.one_of(
    st.integers(0, 10**40),
    st.floats(0, 1e300),
    st.fractions(0, 10**6),
    st.decimals(0, 10**9, allow_nan=False),
    st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)).map("{0[0]}/{0[1]}".format),
    st.decimals(0, 1, places=20).map(str),
)


@given(st.lists(numbers, min_size=1, max_size=8))
def test_explicit_weights_are_those_of_the_library(values):
    expected = reference_plan.integers(values) if any(map(Fraction, values)) else None
    if expected:
        mapping = {str(number): value for number, value in enumerate(values)}
        ones = np.ones(len(values), dtype=np.int64)
        assert weigh(ones, mapping).tolist() == expected
        assert weigh(ones, lambda count, key: mapping[key]).tolist() == expected


# Order and digest.

KEYS = {
    "text": (pa.string(), st.text(max_size=3)),
    "integers": (pa.int64(), st.integers(-5, 2**63 - 1)),
    "floats": (pa.float64(), st.floats()),
    "narrow floats": (pa.float32(), st.floats(width=32)),
    "truth values": (pa.bool_(), st.booleans()),
    "lists": (pa.list_(pa.float64()), st.lists(st.none() | st.floats(), max_size=3)),
    "structs": (
        pa.struct({"b": pa.int64(), "a": pa.string()}),
        st.fixed_dictionaries({"b": st.integers(0, 2), "a": st.none() | st.text(max_size=2)}),
    ),
}


def plain(value):
    """A value of a column as it is in a key: sequences as tuples, NaN as missing."""
    if isinstance(value, (list, dict)):
        return tuple(map(plain, value.values() if isinstance(value, dict) else value))
    return None if value != value else value


@settings(deadline=None, max_examples=50)
@given(st.data(), st.sampled_from(sorted(KEYS)), st.sampled_from(sorted(KEYS)))
def test_groups_are_in_the_order_of_the_page(data, kind_of_x, kind_of_y):
    columns = {}
    rows = data.draw(st.integers(1, 12))
    for name, kind in (("x", kind_of_x), ("y", kind_of_y)):
        type, values = KEYS[kind]
        columns[name] = pa.array(
            data.draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), type
        )
    plan = make_plan(read_manifest(pa.table(columns)), ["x", "y"], "count")
    values = [list(map(plain, column.to_pylist())) for column in columns.values()]
    for column in values:  # The first of equal values, 0.0 or -0.0, stands for all.
        first = {}
        column[:] = [first.setdefault(value, value) for value in column]
    found = set(zip(*values, strict=True))
    expected = sorted(found, key=reference_plan.order)
    assert list(plan.keys) == expected
    assert [repr(key) for key in plan.keys] == [repr(key) for key in expected]
    assert plan.digest == reference_plan.digest(plan)


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**64 - 1),
    shuffle=st.booleans(),
    repeat=st.one_of(st.booleans(), st.integers(0, 9)),
    batch_size=st.integers(1, 999),
    draws=st.integers(0, 999),
    weighting=st.sampled_from([*RULES, {"ä": "1/3", '"\\': 2}, len]),
    class_names=st.none() | st.just(["b", "\U0001f600", "a\\"]),
    where=st.none() | st.just(("u\x7f/", "1")),
)
def test_the_digest_of_a_plan_is_that_of_the_page(weighting, **options):
    manifest = read_manifest([{"k\t": key, "u\x7f/": "1"} for key in ["ä", "ä", '"\\']])
    weighting = (lambda count: count) if weighting is len else weighting
    plan = make_plan(manifest, "k\t", weighting, **options)
    text = reference_plan.digest_text(plan)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert plan.digest == hashlib.sha256(text.encode()).hexdigest()


DAY = dt.datetime(2020, 1, 31, 23, 59, 59)
AS_TEXT = [
    (pa.date32(), dt.date(2020, 1, 31), "2020-01-31"),
    (pa.time32("s"), dt.time(1), "01:00:00"),
    (pa.time64("us"), dt.time(1), "01:00:00.000000"),
    (pa.timestamp("s"), DAY, "2020-01-31 23:59:59"),
    (pa.timestamp("ms"), DAY, "2020-01-31 23:59:59.000"),
    (pa.timestamp("ns"), DAY, "2020-01-31 23:59:59.000000000"),
    (pa.timestamp("us", "Europe/Oslo"), DAY, "2020-01-31 23:59:59.000000Z"),
    (pa.duration("us"), -5, -5),
    (pa.decimal128(12, 2), Decimal("1.50"), "1.50"),
    (pa.decimal128(12, 9), Decimal("0.000000001"), "1E-9"),
    (pa.list_(pa.timestamp("us")), [DAY], ("2020-01-31 23:59:59",)),
    (pa.list_(pa.duration("s")), [-2], ("-1 day, 23:59:58",)),
    (pa.map_(pa.string(), pa.int64()), [("a", 1)], (("a", 1),)),
    (pa.float32(), 0.1, 0.10000000149011612),
]


@pytest.mark.parametrize("type, value, expected", AS_TEXT)
def test_values_of_keys_are_written_as_the_page_says(type, value, expected):
    plan = make_plan(read_manifest(pa.table({"k": pa.array([value], type)})), "k")
    assert plan.keys == ((expected,),)
    assert plan.digest == reference_plan.digest(plan)


@given(st.lists(st.binary(max_size=4) | st.sampled_from([b"\\xff", b"\xff", b"\xc3\xa4"])))
def test_bytes_are_in_the_order_and_written_as_the_page_says(values):
    values = [b"a", *values]
    plan = make_plan(read_manifest(pa.table({"k": pa.array(values, pa.binary())})), "k")
    expected = [(reference_plan.bytes_text(value),) for value in sorted(set(values))]
    assert list(plan.keys) == expected


@pytest.mark.parametrize("values, key", [([0.0, -0.0], "0.0"), ([-0.0, 0.0], "-0.0")])
def test_of_the_two_zeros_the_first_is_the_key(values, key):
    plan = make_plan(read_manifest(pa.table({"k": values})), "k")
    assert repr(plan.keys) == f"(({key},),)"
