"""Plans and states that were changed by one who knows the digest: refused, with the field."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brevetti_sample import Plan, make_plan, open_stream, read_manifest
from brevetti_sample.errors import PlanError, UsageError
from brevetti_sample.streams.state import make_state, read_state
from support.forged import forge_plan, set_at, with_digest
from support.plans import plan_of

MANIFEST = read_manifest([{"g": name, "h": 1} for name in "aab"])
PLAN = make_plan(MANIFEST, ["g", "h"], "count", seed=1, fingerprint="00")
SAVED = PLAN.to_json()
HUGE = 10**30

# The place of a value, one that makes no sense there, and what the message says.
ODD_VALUES = [
    *(("seed", value, "seed") for value in (1.5, 1.0, True, "1", None, -1, 2**64, HUGE, [], {})),
    *(("batch_size", value, "batch_size") for value in (1.5, True, 0, -1, HUGE, None, "32")),
    *(("draws", value, "draws") for value in (0.5, False, -1, HUGE, None)),
    *(("repeat", value, "repeat") for value in (1.5, -1, HUGE, None, "True", [])),
    *(("shuffle", value, "shuffle") for value in (1, 0, None, "true")),
    *(("stream", value, "stream") for value in ("other", 1, None, "stratified\0", [])),
    *(("groupby", value, "groupby") for value in ([None, "h"], [1, "h"], "gh", None, {"g": 1})),
    *(("groupby", value, "groupby") for value in (["g", "g"], ["\ud800", "h"])),
    *(("groupby", value, "groups") for value in (["g"], ["g", "h", "i"], [])),
    *(("weighting", value, "weighting") for value in (None, 1, [], "\udc00")),
    *(("groups", value, "groups") for value in ([], None, {}, "ab", [None], [[]], 7)),
    *(("manifest_sha256", value, "manifest_sha256") for value in (7, [], "\ud800")),
    *(("digest", value, "digest") for value in (None, 7)),
]
ODD_GROUP_VALUES = [
    *(("rows", value) for value in (0, -1, 1.5, True, None, "3", 2**31, HUGE, [])),
    *(("weight", value) for value in (-1, 0.5, True, None, "1", 2**31 + 1, HUGE, {})),
    *(("key", value) for value in (None, "ab", [], ["a"], ["a", 1, 2], {}, 7)),
    *(("key", ["a", value]) for value in ({}, {"a": 1}, HUGE, -HUGE, "\ud800", {"float": "nan"})),
    *(("key", ["a", value]) for value in ([{}], [HUGE], [[[{"float": 1}]]])),
]


@pytest.mark.parametrize("field, value, named", ODD_VALUES, ids=str)
def test_a_value_that_no_plan_has_is_refused_with_its_field(field, value, named):
    def change(fields):
        fields[field] = value

    text = forge_plan(SAVED, change)
    if field == "digest":
        text = json.dumps(json.loads(SAVED) | {"digest": value})
    with pytest.raises(PlanError) as caught:
        Plan.from_json(text, "'p.json'")
    message = str(caught.value)
    if "\\ud" not in json.dumps(value):
        assert f"'p.json', field {named}" in message
    assert message.endswith("; save the plan again")
    assert "\n" not in message


@pytest.mark.parametrize("field, value", ODD_GROUP_VALUES, ids=str)
def test_a_group_that_no_plan_has_is_refused_with_its_field(field, value):
    with pytest.raises(PlanError) as caught:
        Plan.from_json(forge_plan(SAVED, set_at("groups", 1, field, value)), "'p.json'")
    if "\\ud" not in json.dumps(value):
        assert "'p.json', field groups" in str(caught.value)


@pytest.mark.parametrize("field", [*json.loads(SAVED)])
def test_a_field_that_is_not_there_is_named(field):
    with pytest.raises(PlanError) as caught:
        Plan.from_json(json.dumps({k: v for k, v in json.loads(SAVED).items() if k != field}))
    head = {"format": "the plan is not a plan of brevetti-sample", "version": "is of version None"}
    assert head.get(field, f"the plan, field {field} is missing") in str(caught.value)


def test_a_field_that_no_plan_has_is_named():
    with pytest.raises(PlanError, match="field more is unknown; save"):
        Plan.from_json(forge_plan(SAVED, set_at("more", 1)))
    with pytest.raises(PlanError, match=r"field groups\[0\].more is unknown; save"):
        Plan.from_json(forge_plan(SAVED, set_at("groups", 0, "more", 1)))


def test_a_key_that_comes_twice_is_refused():
    with pytest.raises(PlanError, match=r"field groups must be different, and .* is there twice"):
        Plan.from_json(forge_plan(SAVED, set_at("groups", 1, "key", ["a", True])))


def test_weights_and_rows_that_are_too_many_together_are_refused():
    half = {"rows": 2**30, "weight": 2**31}
    groups = [{"key": ["a", n]} | half for n in range(2)]
    with pytest.raises(PlanError, match="field groups must be rows of each group, at least 1 and"):
        Plan.from_json(forge_plan(SAVED, set_at("groups", groups)))
    groups = [group | {"rows": 1} for group in groups]
    with pytest.raises(PlanError, match="field groups must be weights from 0 up, together at lea"):
        Plan.from_json(forge_plan(SAVED, set_at("groups", groups)))
    groups = [group | {"weight": 0} for group in groups]
    with pytest.raises(PlanError, match="field groups must be weights from 0 up, together at lea"):
        Plan.from_json(forge_plan(SAVED, set_at("groups", groups)))


def test_rows_that_are_not_those_of_the_groups_are_refused():
    text = SAVED.replace('"manifest_rows": 3', '"manifest_rows": 4')
    with pytest.raises(PlanError, match="field manifest_rows is not the sum of the rows"):
        Plan.from_json(text)


@pytest.mark.parametrize(
    "text, reason",
    [
        *(
            (SAVED.replace('"seed": 1', f'"seed": {odd}'), "")
            for odd in ("Infinity", "NaN", "1e400")
        ),
        *((SAVED.replace('"seed": 1', f'"seed": {odd}'), "") for odd in ("-0.0", "01", "0x1")),
        (SAVED.replace('"seed": 1', '"seed": ' + "9" * 10_000), "field seed is out of range"),
        (SAVED.replace('"a", 1', '"a", Infinity'), "is not JSON"),
        (SAVED.replace('"a", 1', '"a", 1e400'), "key[1] is out of range"),
        (SAVED.replace('"a", 1', '"a", "\\ud800"'), "is not JSON (unexpected end of"),
        (SAVED.replace('"a", 1', '"a", "\\udc00"'), "is not JSON (invalid utf-16 surrogate pair"),
        (SAVED.replace('"a", 1', '"a", ' + "[" * 100_000), "must be"),
        (SAVED.replace('"seed": 1', '"seed": ' + "[" * 100_000), "must be a whole number"),
        (SAVED.replace('"seed": 1', '"seed": ' + '{"a":' * 100_000), "must be a whole number"),
        (SAVED.replace('"seed"', '"more": ' + "[" * 100_000 + ', "seed"'), "field more is unknown"),
        ("[" * 100_000, ""),
        ('{"format":' * 100_000, ""),
        ("\0", "is not JSON"),
        ("", "is not JSON (it ends too early)"),
        (SAVED.encode("utf-16"), "is not JSON"),
        (SAVED.encode("utf-8").replace(b'"a"', b'"\xff"'), "is not UTF-8"),
        (SAVED.encode("utf-8").replace(b'"a"', b'"\xed\xa0\x80"'), "is not UTF-8"),
        (SAVED + "x", "trailing characters"),
        (SAVED.replace('"a"', '"\udcff"'), "is not UTF-8"),
        ("null", "is not a plan"),
        (bytearray(SAVED.encode())[:9], "is not a plan"),
        (None, "is not a plan"),
        (7, "is not a plan"),
    ],
    ids=lambda value: repr(value)[-60:],
)
def test_what_is_no_json_of_a_plan_is_refused_in_a_line(text, reason):
    with pytest.raises(PlanError) as caught:
        Plan.from_json(text)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_plan_with_a_byte_order_mark_is_read():
    assert Plan.from_json(b"\xef\xbb\xbf" + SAVED.encode()) == PLAN


def test_a_field_that_comes_twice_counts_as_the_digest_says():
    twice = SAVED.replace('"seed": 1', '"seed": 2, "seed": 1')
    assert Plan.from_json(twice) == PLAN
    with pytest.raises(PlanError, match="its digest is not that of its contents"):
        Plan.from_json(SAVED.replace('"seed": 1', '"seed": 1, "seed": 2'))


def test_infinite_numbers_of_keys_come_back_from_json():
    keys = ((-np.inf, ("a", 1)), (0.5, ("a", np.inf)), (np.inf, ()))
    keys = tuple((float(a), tuple(float(v) if v == np.inf else v for v in b)) for a, b in keys)
    plan = Plan(("x", "y"), "explicit", keys, np.array([1, 2, 3]), np.array([1, 1, 1]))
    text = plan.to_json()
    assert "Infinity" not in text
    assert json.loads(text)["groups"][0]["key"] == [{"float": "-inf"}, ["a", 1]]
    assert Plan.from_json(text) == plan
    assert Plan.from_json(text).keys == keys


def test_columns_of_infinite_numbers_and_of_odd_bytes_can_be_saved():
    rows = [{"a": float("inf"), "b": b"\xff"}, {"a": -float("inf"), "b": b"\\xff"}]
    plan = make_plan(read_manifest(rows), ["b", "a"])
    assert Plan.from_json(plan.to_json()) == plan
    assert len(set(plan.keys)) == 2
    Plan.from_json(plan.to_json()).bind(rows)


def plan(**options):
    plain = {
        "groupby": ("g",),
        "weighting": "explicit",
        "keys": (("a",), ("b",)),
        "sizes": np.array([2, 3]),
        "weights": np.array([1, 1]),
    }
    return Plan(**plain | options)


@pytest.mark.parametrize(
    "options, parameter",
    [
        *(
            ({"groupby": value}, "groupby")
            for value in ("g", None, 7, (None,), ("g", "g"), (b"g",))
        ),
        *(({"groupby": value}, "keys") for value in ((), ("g", "h"))),
        *(({"weighting": value}, "weighting") for value in (None, 7, "\ud800", len)),
        *(({"keys": value}, "keys") for value in (None, (), "ab", ("a", "b"), (["a"], ["b"]))),
        *(({"keys": value}, "keys") for value in ((("a",), ("a",)), ((1,), (1.0,)), ((), ()))),
        *(({"keys": ((value,), ("b",))}, "keys") for value in (b"a", float("nan"), "\ud800", 1j)),
        *(
            ({"keys": ((value,), ("b",))}, "keys")
            for value in ({}, [], HUGE, np.int64(1), ("\ud800",))
        ),
        *(
            ({"sizes": value}, "sizes")
            for value in (None, [], [1, 0], [-1, 1], [1], [[1, 2]], "ab")
        ),
        *(
            ({"sizes": value}, "sizes")
            for value in ([1.0, 2.0], [True, True], [2**31, 1], [HUGE, 1])
        ),
        *(({"sizes": np.array([2**63, 2**63], np.uint64)}, "sizes"),),
        *(
            ({"weights": value}, "weights")
            for value in (None, [0, 0], [-1, 2], [2**31, 1], [1, 2, 3])
        ),
        *(({"weights": value}, "weights") for value in ([0.5, 0.5], [2**62, 2**62], ["1", "2"])),
        *(({"seed": value}, "seed") for value in (-1, 2**64, 1.5, True, None, "1", 10**5000)),
        *(({"stream": value}, "stream") for value in (None, "x", 7, [], np.array(["a", "b"]))),
        *(({"stream": "brevettiai", "seed": 2**32}, "seed"),),
        *(({"shuffle": value}, "shuffle") for value in ("yes", 1.5, [])),
        *(({"repeat": value}, "repeat") for value in (-1, 1.5, None, "1", 2**62, 10**400)),
        *(({"batch_size": value}, "batch_size") for value in (0, 1.5, True, None, 2**61)),
        *(({"draws": value}, "draws") for value in (-1, 1.5, None, 2**61)),
        *(({"fingerprint": value}, "fingerprint") for value in (7, b"00", "\ud800")),
    ],
    ids=lambda value: str(value.keys() if isinstance(value, dict) else value)[:70],
)
def test_a_plan_of_nonsense_is_refused_in_python(options, parameter):
    with pytest.raises(UsageError) as caught:
        plan(**options)
    assert caught.value.parameter == parameter
    assert len(str(caught.value)) < 500


def test_numbers_of_numpy_make_a_plan_that_can_be_saved():
    odd = plan(
        seed=np.uint64(2**64 - 1),
        batch_size=np.int8(4),
        draws=np.int64(5),
        shuffle=np.True_,
        sizes=[2, 3],
        weights=np.array([1, 1], np.uint8),
        keys=[("a",), ("b",)],
    )
    assert Plan.from_json(odd.to_json()) == odd


def test_a_replay_of_groups_that_have_no_share_is_refused():
    # By its rule all weights are 0, whatever the plan says.
    forged = plan_of([1, 1], [1, 1], stream="brevettiai")
    text = forge_plan(forged.to_json(), set_at("weighting", "log"))
    with pytest.raises((PlanError, UsageError)):
        list(open_stream(Plan.from_json(text)).draws(0, 3))
    text = forge_plan(forged.to_json(), lambda f: [g.update(key=[None]) for g in f["groups"][:1]])
    keys = json.loads(text)
    keys["groups"] = keys["groups"][:1]
    with pytest.raises((PlanError, UsageError)):
        list(open_stream(Plan.from_json(json.dumps(with_digest(keys)))).draws(0, 3))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
PLACES = [
    *((name,) for name in json.loads(SAVED) if name not in ("digest", "manifest_rows")),
    *(("groups", 0, name) for name in ("key", "rows", "weight")),
    ("groups", 0, "key", 0),
    ("groupby", 0),
]


@given(st.sampled_from(PLACES), JSON_VALUES)
def test_a_plan_with_any_value_anywhere_draws_or_is_refused(place, value):
    try:
        text = forge_plan(SAVED, set_at(*place, value))
        read = Plan.from_json(text)
    except PlanError as error:
        assert error.exit_code == 3
        assert str(error).isprintable()
    else:
        assert read.to_json().encode()
        next(iter(open_stream(read).draws(0, 3)), None)


STATE = make_state(PLAN, 7, "00", 5)


@pytest.mark.parametrize(
    "place, value",
    [
        *((("draw",), value) for value in (1.5, True, None, "7", -1, 2**61, HUGE, [])),
        *((("plan",), value) for value in (None, [], 7, {}, "x")),
        *((("plan", "seed"), value) for value in (1.5, None, "1", True, [])),
        *((("plan", "groupby"), value) for value in (None, [None], "g", {"g": 1}, [["g"]])),
        *((("plan", "graph_seed"), value) for value in (1.5, "5", [])),
        *((("plan", "samples_sha256"), value) for value in (7, [])),
        *((("plan", "repeat"), value) for value in (None, 1.5, [])),
        *((("digest",), value) for value in (None, 7, [])),
        *((("more",), value) for value in (7, {})),
    ],
    ids=str,
)
@pytest.mark.parametrize("written", [False, True])
def test_a_value_that_no_state_has_is_refused_with_its_field(place, value, written):
    state = json.loads(json.dumps(STATE))
    set_at(*place, value)(state)
    with pytest.raises(PlanError) as caught:
        read_state(json.dumps(state) if written else state, PLAN, "00", 5)
    assert f"the state, field {'.'.join(place)}" in str(caught.value)


@pytest.mark.parametrize(
    "bad", [{1: 2}, {"format": "\ud800"}, b"\xff", "\udcff", "[" * 10**5, 7, None, object()]
)
def test_what_is_no_state_at_all_is_refused(bad):
    with pytest.raises(PlanError):
        read_state(bad, PLAN)


def test_arrays_in_a_state_are_refused():
    with pytest.raises(PlanError, match="field plan.groupby"):
        read_state(STATE | {"plan": STATE["plan"] | {"groupby": np.array(["g", "h"])}}, PLAN)
    with pytest.raises(PlanError, match="field draw"):
        read_state(STATE | {"draw": np.array([1, 2])}, PLAN)


@given(st.sampled_from([("draw",), ("plan",), ("plan", "groupby"), ("plan", "seed")]), JSON_VALUES)
def test_a_state_with_any_value_anywhere_is_read_or_refused(place, value):
    state = json.loads(json.dumps(STATE))
    set_at(*place, value)(state)
    for one in (state, json.dumps(state)):
        try:
            assert 0 <= read_state(one, PLAN, "00", 5) <= 2**60
        except PlanError as error:
            assert str(error).isprintable()
