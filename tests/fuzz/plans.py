"""Saved plans and states as inputs: changed value by value, with digests that fit."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from support.forged import with_digest

from .mutations import change_bytes, change_json, write_json
from .running import BOTTLES, BrokenError, Target, call, choices

_PLANS = [
    "-g folder -w count",
    "-g folder -g purpose --repeat 2 -w log",
    "--stream brevettiai -g folder",
    "-g folder --weights good=1,bad_cap=2.5,missing_cap=0 --no-shuffle -b 7",
    "-g folder --split-column category --train good --labels good,bad",
    "-g path -w power:0.5 --seed 18446744073709551615 --epochs 2",
]


def _prepare_plans():
    for number, options in enumerate(_PLANS):
        call(f"plan {BOTTLES} {options} --save-plan p{number}.json -o d.csv -q", ends=(0,))


def fitting(document):
    """Give a plan the digest of what stands in it, if that can be computed."""
    try:
        fields = with_digest(json.loads(write_json(document)))
    except (ValueError, RecursionError, AttributeError, TypeError):
        return document
    return document | {name: fields[name] for name in ("digest", "manifest_rows")}


def _make_plan(random):
    data = Path(f"p{random.randrange(len(_PLANS))}.json").read_bytes()
    if random.random() < 0.15:
        return change_bytes(random, data)
    document = change_json(random, json.loads(data))
    if isinstance(document, dict) and random.random() < 0.9:
        document = fitting(document)
    return write_json(document).encode("utf-8", "surrogatepass")


def _run_plan(data):
    Path("x.json").write_bytes(data)
    if b'"brevettiai"' in data:  # would import TensorFlow
        call(f"export-tfrecord {BOTTLES} --plan x.json --dry-run -q", ends=(0, 2, 3, 5))
        return
    call(f"plan {BOTTLES} --plan x.json -n 50", ends=(0, 3))
    runs = [
        f"stats {BOTTLES} --plan x.json --format csv",
        f"stats {BOTTLES} --plan x.json --format table -n 10",
        f"plan {BOTTLES} --plan x.json --start 1000000000000 -n 3 --shard 1/2",
        f"plan {BOTTLES} --plan x.json -n 20 --save-plan y.json -o d.csv",
    ]
    for run in choices(data).sample(runs, 1):
        call(run)
    call(f"export-tfrecord {BOTTLES} --plan x.json -n 50 -o o --overwrite -q -j 1")


# -- states ------------------------------------------------------------------------------------


@cache
def _state():
    from brevetti_sample import make_plan
    from brevetti_sample.streams.state import make_state

    plan = make_plan(str(BOTTLES), groupby="folder")
    return plan, make_state(plan, 64, "0" * 64, 7)


def _make_state(random):
    _, state = _state()
    if random.random() < 0.2:
        return change_bytes(random, json.dumps(state).encode())
    return write_json(change_json(random, state)).encode("utf-8", "surrogatepass")


def _run_state(data):
    from brevetti_sample.errors import PlanError
    from brevetti_sample.streams.state import read_state

    plan, _ = _state()
    states = [data]
    try:
        states.append(data.decode("utf-8", "surrogatepass"))
        states.append(json.loads(states[-1]))
    except (ValueError, RecursionError):
        pass
    for state in states:
        try:
            draw = read_state(state, plan, "0" * 64, 7)
        except PlanError as error:
            if not (text := str(error)).isprintable() or len(text) > 5000:
                raise BrokenError("said what a terminal would act on, or much") from None
            continue
        if type(draw) is not int or not 0 <= draw <= 1 << 60:
            raise BrokenError(f"{draw!r} is no draw")


TARGETS = {
    "plan": Target(_make_plan, _run_plan, _prepare_plans),
    "state": Target(_make_state, _run_state),
}
