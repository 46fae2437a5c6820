"""The plans of the stratified stream once more: weights, order of groups and digest, in plain Python.

Written from the appendix of `docs/stream.md` alone, like `reference`, and without the library's code.
"""

from __future__ import annotations

import decimal
import hashlib
import math
from fractions import Fraction

# Weights


def value(rows, rule):
    """Section "Weights": the exact weight of a group of so many rows, before rounding to integers."""
    with decimal.localcontext(prec=40, rounding=decimal.ROUND_HALF_EVEN):
        number = decimal.Decimal(rows)
        if rule == "uniform":
            return Fraction(1)
        if rule == "count":
            return Fraction(rows)
        if rule in ("square root", "power:0.5"):
            return Fraction(number.sqrt())
        if rule == "log":
            return Fraction(number.ln())
        if rule == "logx+1":
            return Fraction(number.ln() + 1)
        return Fraction(number ** decimal.Decimal(rule.removeprefix("power:")))


def integers(values):
    """Section "Weights": the integers that a plan stores for exact weights, given as text or numbers."""
    exact = [Fraction(repr(v) if isinstance(v, float) else v) for v in values]
    factor = math.lcm(*(v.denominator for v in exact))
    whole = reduced([int(v * factor) for v in exact])
    total = sum(whole)
    if total <= 2**31:
        return whole
    room = 2**31 - len(whole)
    return reduced([v and max(1, (2 * v * room + total) // (2 * total)) for v in whole])


def reduced(numbers):
    """Section "Weights": numbers without their common divisor."""
    divisor = math.gcd(*numbers)
    return [number // divisor for number in numbers]


# Order of the groups


def order(value):
    """Section "Order of the groups": what to sort by, for a group's key or a value in one."""
    if value is None or value != value:
        return (1,)
    return (0, [order(part) for part in value] if isinstance(value, tuple) else value)


def bytes_text(value):
    """Section "Keys as text": bytes as the text that stands for them."""
    return value.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


# The plan's digest

ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}


def json_text(text):
    """Section "The plan's digest": a text in quotes."""
    parts = []
    for character in text:
        if character in ESCAPES:
            parts.append(ESCAPES[character])
        elif " " <= character <= "~":
            parts.append(character)
        else:
            units = character.encode("utf-16-be").hex()
            parts += ["\\u" + units[i : i + 4] for i in range(0, len(units), 4)]
    return '"' + "".join(parts) + '"'


def json_value(value):
    """Section "The plan's digest": a value of a key, or another member."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value) or repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(json_value(part) for part in value) + "]"
    return json_text(value)


def json_object(members):
    """Section "The plan's digest": an object of these members in this order."""
    return "{" + ",".join(f"{json_text(name)}:{json}" for name, json in members.items()) + "}"


def digest_text(plan):
    """Section "The plan's digest": the text of which the SHA-256 is taken."""
    groups = [
        json_object({"key": json_value(key), "rows": str(int(rows)), "weight": str(int(weight))})
        for key, rows, weight in zip(plan.keys, plan.sizes, plan.weights, strict=True)
    ]
    members = {
        "batch_size": str(plan.batch_size),
        "class_names": plan.class_names and json_value(plan.class_names),
        "draws": str(plan.draws),
        "format": json_text("brevetti-sample plan"),
        "groupby": json_value(plan.groupby),
        "groups": "[" + ",".join(groups) + "]",
        "repeat": json_value(plan.repeat),
        "seed": str(plan.seed),
        "shuffle": json_value(plan.shuffle),
        "stream": json_text("stratified"),
        "version": "1",
        "weighting": json_text(plan.weighting),
        "where": plan.where
        and json_object({"column": json_text(plan.where[0]), "value": json_text(plan.where[1])}),
    }
    return json_object({name: json for name, json in members.items() if json is not None})


def digest(plan):
    """Section "The plan's digest": the digest that a plan is saved with."""
    return hashlib.sha256(digest_text(plan).encode("ascii")).hexdigest()
