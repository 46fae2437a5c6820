"""The test vectors of `docs/stream.md` against the library."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from brevetti_sample import Plan
from brevetti_sample.groups.weighting import weigh
from brevetti_sample.streams.hashing import GOLDEN, keys, mix, scatter
from brevetti_sample.streams.permutation import cycle_keys, permute
from brevetti_sample.streams.share_classes import classes
from brevetti_sample.streams.stratified import Stream
from brevetti_sample.streams.ties import tie_hashes
from support import reference
from support.page_vectors import VECTORS
from support.plans import drawn, plan_of


def uint64(*values: str | int):
    numbers = [int(value, 16) if isinstance(value, str) else value for value in values]
    return np.array(numbers, dtype=np.uint64)


def test_the_page_has_vectors_of_every_part():
    assert set(VECTORS) == {
        *("mix", "key", "place", "tick", "cycle", "permutation", "weights", "explicit_weights"),
        *("classes", "draws", "digest"),
    }
    assert all(VECTORS.values())


@pytest.mark.parametrize("value, mixed", VECTORS["mix"])
def test_mix(value, mixed):
    assert mix(uint64(value)) == uint64(mixed)


@pytest.mark.parametrize("case", VECTORS["key"])
def test_keys(case):
    found = keys(case["seed"], case["purpose"], case["index"] + 1)[-1]
    assert found == uint64(case["key"])[0]


@pytest.mark.parametrize("case", VECTORS["place"])
def test_places_and_tie_hashes(case):
    start = int(case["key"], 16) + case["draw"] * GOLDEN
    hashed = scatter(uint64(start % 2**64))
    assert int(hashed[0]) >> 52 == case["place"]
    assert tie_hashes(hashed).tolist() == [case["tie"]]


@pytest.mark.parametrize("case", VECTORS["tick"])
def test_ticks(case):
    moment = (4096 * case["draw"] + case["place"]) * case["total"]
    assert moment // case["weight"] == case["tick"]


@pytest.mark.parametrize("case", VECTORS["cycle"])
def test_keys_of_cycles(case):
    [found] = cycle_keys(uint64(case["key"]), np.array([case["cycle"]]))
    assert found == uint64(case["cycle_key"])[0]


@pytest.mark.parametrize("case", VECTORS["permutation"])
def test_permutations(case):
    one, length = np.array([case["rows"]]), np.array([len(case["first"])])
    found = permute(one, uint64(case["cycle_key"]), np.array([0]), length)
    assert found.tolist() == case["first"]


@pytest.mark.parametrize("case", VECTORS["weights"])
def test_weights(case):
    assert weigh(np.array(case["rows"]), case["weighting"]).tolist() == case["weights"]


@pytest.mark.parametrize("case", VECTORS["explicit_weights"])
def test_explicit_weights(case):
    given = {str(number): weight for number, weight in enumerate(case["weights"])}
    assert weigh(np.ones(len(given), dtype=np.int64), given).tolist() == case["result"]


@pytest.mark.parametrize("case", VECTORS["classes"])
def test_classes(case):
    assert [members.tolist() for members in classes(np.array(case["weights"]))] == case["classes"]


@pytest.mark.parametrize("case", VECTORS["draws"])
def test_draws(case):
    given = dict(case)
    repeated = given.pop("repeated", 1)
    groups, positions = given.pop("groups"), given.pop("positions")
    sizes, weights = given.pop("rows") * repeated, given.pop("weights") * repeated
    group, row = drawn(Stream(plan_of(sizes, weights, **given)), 0, len(groups))
    assert [group.tolist(), row.tolist()] == [groups, positions]


def test_the_plans_of_the_page_are_of_several_kinds():
    kinds = [
        (len(reference.classes(case["weights"])), case.get("shuffle", True), case.get("repeat"))
        for case in VECTORS["draws"]
    ]
    assert {(1, True, None), (2, True, None), (1, True, 2), (1, False, None)} <= set(kinds)


@pytest.mark.parametrize("case", VECTORS["digest"])
def test_the_digest(case):
    text, digest = case["bytes"], case["sha256"]
    assert hashlib.sha256(text.encode()).hexdigest() == digest
    fields = json.loads(text) | {"manifest_rows": 4, "manifest_sha256": None, "digest": digest}
    assert Plan.from_json(json.dumps(fields)).digest == digest
