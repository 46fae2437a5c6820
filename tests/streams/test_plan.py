"""Plans: what they hold, how they are saved, and what they refuse."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given

from brevetti_sample.errors import PlanError, UsageError
from brevetti_sample.manifests.manifest import bundled_manifest, read_manifest
from brevetti_sample.streams.plan import Plan
from brevetti_sample.streams.planning import make_plan
from support.plans import plan_of, plans

AGAIN = "save the plan again"


@given(plans())
def test_a_plan_comes_back_from_json_as_it_was(plan):
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert hash(again) == hash(plan)
    assert (again.keys, again.sizes.tolist(), again.weights.tolist()) == (
        plan.keys,
        plan.sizes.tolist(),
        plan.weights.tolist(),
    )


def test_keys_of_all_types_come_back_from_json():
    rows = [
        {"a": "é\n", "b": 1, "c": ["x"]},
        {"a": None, "b": None, "c": []},
        {"a": "", "b": 2, "c": None},
    ]
    plan = make_plan(read_manifest(rows), ["a", "b", "c"])
    assert Plan.from_json(plan.to_json()).keys == plan.keys


def test_a_saved_plan_reads_like_this():
    plan = make_plan(bundled_manifest(), "folder", "count", seed=7, fingerprint="00")
    assert (
        plan.to_json()
        == f"""{{
  "format": "brevetti-sample plan",
  "version": 1,
  "stream": "stratified",
  "seed": 7,
  "shuffle": true,
  "repeat": true,
  "batch_size": 32,
  "draws": 180,
  "groupby": ["folder"],
  "weighting": "count",
  "manifest_rows": 180,
  "manifest_sha256": "00",
  "digest": "{plan.digest}",
  "groups": [
    {{"key": ["bad_cap"], "rows": 22, "weight": 11}},
    {{"key": ["good"], "rows": 146, "weight": 73}},
    {{"key": ["missing_cap"], "rows": 12, "weight": 6}}
  ]
}}
"""
    )


def test_the_digest_tells_streams_apart_but_not_the_names_of_manifests():
    base = plan_of([3, 4], [1, 2], draws=7)
    assert base.digest == plan_of([3, 4], [1, 2], draws=7, fingerprint="abc").digest
    others = [
        plan_of([3, 4], [1, 3], draws=7),
        plan_of([3, 5], [1, 2], draws=7),
        plan_of([3, 4], [1, 2], draws=8),
        plan_of([3, 4], [1, 2], draws=7, seed=1),
        plan_of([3, 4], [1, 2], draws=7, shuffle=False),
        plan_of([3, 4], [1, 2], draws=7, repeat=1),
        plan_of([3, 4], [1, 2], draws=7, batch_size=8),
    ]
    assert len({base.digest, *(plan.digest for plan in others)}) == 8


def test_a_seed_below_zero_or_none_is_drawn_from_the_system():
    manifest = bundled_manifest()
    seeds = {make_plan(manifest, seed=seed).seed for seed in (-1, None, -1, None)}
    assert len(seeds) == 4
    assert min(seeds) >= 0


@pytest.mark.parametrize(
    "options, message",
    [
        ({"seed": 2**64}, f"the seed must be from 0 to 2^64 - 1, not {2**64}"),
        ({"batch_size": 0}, "batch_size must be from 1 to 2^60, not 0"),
        ({"draws": -1}, "draws must be from 0 to 2^60, not -1"),
        ({"repeat": -2}, "repeat must be at least 0, not -2"),
        ({"stream": "stratifed"}, "no stream 'stratifed'; did you mean 'stratified'?"),
        (
            {"repeat": 2**40},
            f"repeat {2**40} times takes too long at weights this unequal; use an endless stream",
        ),
    ],
)
def test_values_that_make_no_sense_are_refused(options, message):
    with pytest.raises(UsageError) as caught:
        plan_of([9], [1], **options) if "repeat" not in options else plan_of(
            [9, 9], [1, 2**30], **options
        )
    assert str(caught.value) == message


SAVED = plan_of([3, 4], [1, 2], draws=7).to_json()


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "{",
            f"p.json is not JSON (it ends too early); {AGAIN}",
        ),
        ("[]", f"p.json is not a plan of brevetti-sample; {AGAIN}"),
        (b"\xff\xfe", None),
        (
            SAVED.replace('"version": 1', '"version": 2'),
            f"p.json is of version 2, not 1; {AGAIN}",
        ),
        (
            SAVED.replace('"seed": 0', '"seed": 1'),
            f"p.json was changed: its digest is not that of its contents; {AGAIN}",
        ),
        (SAVED.replace('"seed": 0,', ""), f"p.json, field seed is missing; {AGAIN}"),
        (SAVED.replace('"rows": 3', '"rows": "many"'), None),
        (SAVED.replace('"weight": 1', '"weight": 1e99'), None),
        (SAVED.replace('"groupby": ["group"]', '"groupby": 5'), None),
    ],
)
def test_a_damaged_plan_is_refused(text, message):
    with pytest.raises(PlanError) as caught:
        Plan.from_json(text, "p.json")
    assert caught.value.exit_code == 3
    if message is not None:
        assert str(caught.value) == message
    assert str(caught.value).endswith(AGAIN)


OPTIONAL = plan_of([3, 4], [1, 2], where=("p", "train"), class_names=("b", "é"))


def test_the_rows_and_the_classes_of_a_plan_come_back_and_are_in_its_digest():
    again = Plan.from_json(OPTIONAL.to_json())
    assert (again.where, again.class_names) == (("p", "train"), ("b", "é"))
    digests = {
        plan_of([3, 4], [1, 2], **fields).digest
        for fields in (
            {},
            {"where": ("p", "train")},
            {"where": ("p", "test")},
            {"class_names": ("b", "é")},
            {"class_names": ("é", "b")},
            {"where": ("p", "train"), "class_names": ("b", "é")},
        )
    }
    assert len(digests) == 6
    assert OPTIONAL.digest in digests


def test_a_plan_without_them_is_written_as_it_was():
    fields = json.loads(plan_of([3, 4], [1, 2]).to_json())
    assert {"where", "class_names"}.isdisjoint(fields)


@pytest.mark.parametrize(
    "where", ["p", ["p", "train"], {"column": "p"}, {"column": 1, "value": ""}]
)
@pytest.mark.parametrize("digest", [True, False])
def test_a_plan_of_odd_rows_is_refused(where, digest):
    refused({"where": where}, digest)


@pytest.mark.parametrize(
    "names", ["ab", [], [1], ["a", "a"], [""], [" a"], ["a\nb"], ["\ud800"], {"a": 1}, 7]
)
@pytest.mark.parametrize("digest", [True, False])
def test_a_plan_of_odd_classes_is_refused(names, digest):
    refused({"class_names": names}, digest)


def refused(change, digest):
    """Refuse a plan with other fields, also where its digest fits them."""
    fields = json.loads(OPTIONAL.to_json()) | change
    if digest:
        rest = {
            name: value
            for name, value in fields.items()
            if name not in ("digest", "manifest_rows", "manifest_sha256")
        }
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        fields["digest"] = hashlib.sha256(text.encode()).hexdigest()
    with pytest.raises(PlanError) as caught:
        Plan.from_json(json.dumps(fields), "p.json")
    [name] = change
    assert str(caught.value).startswith((f"p.json, field {name}", "p.json is not JSON"))


def check(plan, rows):
    plan.bind(rows)


def test_another_manifest_is_refused_with_the_difference():
    rows = [{"a": name} for name in "aabbb"]
    plan = make_plan(read_manifest(rows), "a", fingerprint=read_manifest(rows).fingerprint())
    check(plan, rows)
    mend = "use the manifest that the plan was made for, or make a new plan"
    with pytest.raises(PlanError) as caught:
        check(plan, [{"a": name} for name in "abbbc"])
    assert str(caught.value) == (
        "the table is not the manifest of the plan: group 'a' has 1 rows, 2 in the plan; "
        f"group 'c' has 1 rows, 0 in the plan; {mend}"
    )
    with pytest.raises(PlanError, match="3 more groups differ; use the manifest"):
        check(plan, [{"a": name} for name in "vwxy"])
    with pytest.raises(PlanError, match="its SHA-256 begins with .{12}, .{12} in the plan, "):
        check(plan, rows[::-1])


def test_a_weight_of_zero_and_a_raised_one_are_warned_of_with_the_names_of_the_groups(caplog):
    weights = {"good": 1, "bad_cap": 0, "missing_cap": "1e-12"}
    make_plan(bundled_manifest(), "folder", weights)
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        ("brevetti_sample", "WARNING", "the weight of 'bad_cap' is zero: never drawn"),
        (
            "brevetti_sample",
            "WARNING",
            "weights below 2^-31 of the sum are raised to that, so these groups are drawn more "
            "often than asked for: 'missing_cap' (466 times)",
        ),
    ]


def test_of_many_raised_groups_those_raised_most_are_named(caplog):
    rows = [{"g": number} for number in range(30)]
    make_plan(rows, "g", lambda _count, key: 1 if key == 0 else 10.0 ** (-12 - key))
    [record] = caplog.records
    assert "for: '29' (4.66e+31 times), '28' (" in record.getMessage()
    assert record.getMessage().endswith(" and 19 more")


def test_a_plan_of_exact_weights_warns_of_nothing(caplog):
    make_plan(bundled_manifest(), "folder", "square root")
    assert not caplog.records
