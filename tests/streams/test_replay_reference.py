"""The replay against brevettiai 0.10.0: 30 configurations that it was run with, and some facts."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import brevetti_sample
from brevettiai.data import data_generator as old

pytestmark = pytest.mark.tensorflow

REFERENCE = json.loads(
    Path(__file__).with_name("brevettiai_0_10_reference.json").read_text(encoding="utf-8")
)
FACTS = REFERENCE["facts"]
FRAME = pd.DataFrame({"id": range(9), "c": list("xxxxxyzzz")})


@pytest.mark.parametrize("case", REFERENCE["cases"])
def test_a_configuration_gives_what_it_gave(case):
    limit = case["max_epoch_samples"]
    generator = old.DataGenerator(
        pd.DataFrame(case["columns"]),
        batch_size=case["batch_size"],
        shuffle=case["shuffle"],
        repeat=case["repeat"],
        sampling_groupby=case["groupby"],
        sampling_group_weighing=case["weighting"],
        seed=case["seed"],
        max_epoch_samples=np.inf if limit is None else limit,
    )
    dataset = generator.get_samples(batch=False)
    assert [int(x["id"]) for x in dataset.take(60)] == case["ids"]
    dtypes = {name: spec.dtype.name for name, spec in dataset.element_spec.items()}
    assert dtypes == case["dtypes"]
    assert len(generator) == case["length"]
    [(_, arguments, _)] = generator.map(lambda x, seed: x).get_dataset_actions()
    assert arguments == {"seed": case["map_seed"]}


@pytest.mark.parametrize(
    "make",
    [
        old.DataGenerator,
        brevetti_sample.DataGenerator,
        lambda frame: brevetti_sample.DataGenerator(frame, stream="brevettiai"),
    ],
    ids=["old path", "stratified", "replay"],
)
@pytest.mark.parametrize("dtype", FACTS["dtypes"])
def test_numbers_are_as_wide_as_they_were(make, dtype):
    frame = pd.DataFrame({"v": np.array([0, 1], dtype=dtype)})
    spec = make(frame).get_dataset().element_spec
    assert spec["v"].dtype.name == FACTS["dtypes"][dtype]


def drawn(count=12, samples=FRAME, **settings):
    settings = {"shuffle": True, "repeat": True, "seed": 1, "sampling_groupby": "c"} | settings
    dataset = old.DataGenerator(samples, **settings).get_samples(batch=False)
    return [int(x["id"]) for x in dataset.take(count)]


def test_the_groups_of_a_categorical_column_are_sorted():
    fact = FACTS["categorical_groupby"]
    frame = FRAME.assign(c=pd.Categorical(FRAME["c"], fact["categories"]))
    assert drawn(10, frame) == fact["ids"]


def test_a_second_argument_with_a_default_gets_the_key():
    def weight(count, key=""):
        return 5 if key == "x" else 1

    generator = old.DataGenerator(FRAME, 4, True, True, "c", weight, seed=1)
    shares = generator.get_debug_info()["sample_weight"]
    assert shares == FACTS["optional_second_argument_weights"]


def test_a_type_error_within_the_function_means_count_alone_and_is_logged(caplog):
    def weight(count, power=0.5):
        return count**power

    assert drawn(10, sampling_group_weighing=weight) == FACTS["optional_second_argument"]
    assert "failed for (count, key) of group 'x'" in caplog.text


def test_keys_of_bytes_are_bytes():
    frame = FRAME.assign(c=[value.encode() for value in FRAME["c"]])
    generator = old.DataGenerator(
        frame, 4, True, True, "c", lambda _, key: 5 if key == b"x" else 1, seed=1
    )
    shares = generator.get_debug_info()["sample_weight"]
    assert [[key.decode(), share] for key, share in shares.items()] == FACTS["bytes_keys"]


def test_products_of_integers_do_not_wrap_around():
    generator = old.DataGenerator(FRAME, 4, True, True, "c", seed=1)
    mapped = generator.map(lambda x: {"times": x["id"] * 100})
    assert drawn(4) == [n // 100 for n in FACTS["times_100"]]
    assert next(mapped.get_dataset_numpy())["times"].tolist() == FACTS["times_100"]


KEYS = {
    "bytes": (b"x", b"y"),
    "time stamps": (pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")),
    "zones": (pd.Timestamp("2020-01-01", tz="CET"), pd.Timestamp("2020-01-02", tz="CET")),
    "dates": (datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)),
    "times": (datetime.time(1), datetime.time(2)),
    "durations": (pd.Timedelta(1, "s"), pd.Timedelta(2, "s")),
    "decimals": (Decimal("1.5"), Decimal("2.5")),
    "tuples": (("a", "b"), ("c",)),
    "booleans": (False, True),
    "integers": (1, 2),
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=list(KEYS))
@pytest.mark.parametrize("stream", ["stratified", "brevettiai"])
def test_a_weighting_function_gets_the_keys_that_the_samples_have(keys, stream):
    seen = []

    def weight(count, key):
        seen.append((count, key))
        return 1

    frame = pd.DataFrame({"id": range(3), "c": [keys[0], keys[1], keys[1]]})
    brevetti_sample.DataGenerator(frame, groupby="c", weighting=weight, stream=stream)
    assert seen == [(1, keys[0]), (2, keys[1])]
    assert all(type(key) is type(wanted) for (_, key), wanted in zip(seen, keys, strict=True))


def test_a_plan_calls_the_function_with_the_same_keys():
    seen = []
    samples = [{"a": b"x", "b": 1}, {"a": b"x", "b": 1}, {"a": b"y", "b": 2}]
    brevetti_sample.make_plan(
        samples, ["a", "b"], lambda count, key: seen.append((count, key)) or count
    )
    assert seen == [(2, (b"x", 1)), (1, (b"y", 2))]


@pytest.mark.parametrize(
    "settings, wanted",
    [
        ({"seed": [1, 2]}, {"seed": (1, 2)}),
        ({"seed": np.array([1, 2])}, {"seed": pd.Series([1, 2])}),
        ({"repeat": None}, {"repeat": False}),
        ({"sampling_groupby": ["c", "c"]}, {}),
        ({"samples": {"id": np.arange(9), "c": FRAME["c"].to_numpy()}}, {}),
        ({"samples": {"id": range(9), "c": FRAME["c"]}}, {}),
        ({"samples": {"id": np.arange(9), "c": "x"}}, {"sampling_groupby": None, "n": 0}),
        ({"samples": FRAME.rename(columns={"c": "category"}), "sampling_groupby": "Class"}, {}),
        ({"sampling_groupby": ""}, {"sampling_groupby": None}),
        ({"max_epoch_samples": 0}, {}),
    ],
    ids=str,
)
def test_arguments_of_old_code_mean_what_they_meant(settings, wanted):
    if wanted.pop("n", None) == 0:
        assert len(drawn(20, repeat=False, **settings)) == 9
    else:
        assert drawn(20, **settings) == drawn(20, **wanted)


def test_a_generator_of_numpy_is_a_seed():
    assert drawn(20, seed=[1, 2]) == drawn(20, seed=np.random.RandomState([1, 2]))
    wanted = drawn(seed=np.random.RandomState(np.random.PCG64(3)))
    assert drawn(seed=np.random.PCG64(3)) == wanted


def test_an_epoch_of_no_samples_has_no_batches():
    assert len(old.DataGenerator(FRAME, max_epoch_samples=0)) == 0


def test_lists_of_one_length_are_arrays_also_alone():
    frame = pd.DataFrame({"number": [[1, 2]] * 2, "text": [("a", "b")] * 2})
    sample = next(old.DataGenerator(frame).get_dataset_numpy(batch=False))
    assert {name: (type(v), v.tolist()) for name, v in sample.items()} == {
        "number": (np.ndarray, [1, 2]),
        "text": (np.ndarray, ["a", "b"]),
    }


@pytest.mark.parametrize("kind", [np.array, pd.Series, pd.Index, pd.Categorical, tuple])
def test_classes_can_be_of_any_kind_of_list(kind):
    generator = old.DataGenerator(FRAME).map(old.OneHotEncoder(kind(["x", "z"]), "c"))
    assert next(generator.get_dataset_numpy())["onehot"].sum(axis=0).tolist() == [5, 3]


def test_a_groupby_that_cannot_be_a_tensor_is_said_to_be_that():
    frame = pd.DataFrame({"id": range(3), "c": ["a", 1, 2.5]})
    with pytest.raises(brevetti_sample.SampleError, match="column 'c' cannot be a tensor"):
        old.DataGenerator(frame, sampling_groupby="c")


@pytest.mark.parametrize(
    "seed, weighing, counts, first",
    [
        (0, "square root", [45, 102, 33], ""),
        (
            3,
            "logx+1",
            [45, 103, 32],
            "bad_cap/0_1543413169486 missing_cap/4_1543412687736 "
            "missing_cap/5_1543412764666 good/19_1543412104314",
        ),
    ],
)
def test_the_documented_examples(listing, seed, weighing, counts, first):
    samples = pd.read_csv(listing)
    sampler = old.StratifiedSampler(4, ["folder"], weighing, seed=seed)
    dataset = sampler.get(samples, shuffle=True, repeat=True).get_samples(batch=False)
    paths = [x["path"].numpy().decode() for x in dataset.take(180)]
    names = ["/".join(path.split("/")[-2:]).removesuffix(".bmp") for path in paths]
    assert sorted(Counter(name.split("/")[0] for name in names).items()) == [
        ("bad_cap", counts[0]),
        ("good", counts[1]),
        ("missing_cap", counts[2]),
    ]
    assert " ".join(names).startswith(first)
