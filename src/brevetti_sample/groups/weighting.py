"""Weightings: from the sizes of groups to their weights, as exact integers.

A group's share is its weight over the sum of the weights, at most 2^31. Weights that are whole
numbers or fractions (uniform, count, explicit ones) are kept exactly wherever they fit. Roots,
powers and logarithms are computed in decimal arithmetic of 40 digits, which is the same on every
platform, and rounded once.
"""

from __future__ import annotations

import decimal
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from brevetti_sample.arguments import WEIGHTINGS
from brevetti_sample.arrays.types import Int64Array
from brevetti_sample.errors import WeightingError
from brevetti_sample.messages import close_match, listed, printable, quoted

Weighting: TypeAlias = str | Mapping[Any, Any] | Callable[..., Any]
"""A preset's name, explicit weights by group, or a function of (count) or (count, key)."""

MAX_TOTAL = 1 << 31
_LOG = logging.getLogger("brevetti_sample")
_MAX_EXPONENT = 1000
_MOST_TIMES = Fraction(10**300)  # a float has no larger ones
_CONTEXT = decimal.Context(prec=40, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)

_PRESETS: dict[str, Callable[[int], int | Decimal]] = {
    "uniform": lambda _count: 1,
    "count": lambda count: count,
    "square root": lambda count: Decimal(count).sqrt(_CONTEXT),
    "log": lambda count: Decimal(count).ln(_CONTEXT),
    "logx+1": lambda count: _CONTEXT.add(Decimal(count).ln(_CONTEXT), Decimal(1)),
}
PRESETS = WEIGHTINGS
"""The names of the presets; A is any decimal number."""
_ALSO_CALLED = {
    "sqrt": "square root",
    "root": "square root",
    "ln": "log",
    "equal": "uniform",
    "balanced": "uniform",
    "proportional": "count",
}


def parse_rule(rule: str) -> Callable[[int], int | Decimal]:
    """Turn the name of a preset into the function from a group's size to its weight.

    Args:
        rule: one of `PRESETS`: ``uniform`` (1), ``count`` (n), ``square root``, ``log`` (ln n),
            ``logx+1`` (ln n + 1), or ``power:A`` (n to the A).

    Raises:
        WeightingError: no such preset.

    Example:
        >>> parse_rule("power:0.5")(9)
        Decimal('3')
    """
    name, _, exponent = rule.partition(":")
    if name == "power":
        try:
            power = Decimal(exponent)
        except decimal.InvalidOperation:
            power = Decimal("NaN")
        if not power.is_finite() or abs(power) > 100:
            raise WeightingError(
                f"{quoted(rule)} must have a number from -100 to 100 as its power",
                parameter="weighting",
                advice="such as power:0.5",
            )
        return lambda count: _power(count, power)
    if rule not in _PRESETS:
        known = _ALSO_CALLED.get(rule.casefold(), rule)
        hint = close_match(known, PRESETS) or f"; use {listed(PRESETS)}"
        raise WeightingError(
            f"no weighting {quoted(rule)}", concerns="weighting", advice=hint.removeprefix("; ")
        )
    return _PRESETS[rule]


def _power(count: int, power: Decimal) -> Decimal:
    if power * 2 == 1:
        return Decimal(count).sqrt(_CONTEXT)  # correctly rounded, where a general power is not
    return _CONTEXT.power(Decimal(count), power)


@dataclass(frozen=True)
class Weights:
    """The weights of groups, and what rounding did to small ones.

    Attributes:
        weights: int64 [groups], as `weigh` returns them.
        raised: the groups whose weight was too small and was raised; for each of them how many
            times as often it is drawn as was asked for.
    """

    weights: Int64Array
    raised: Mapping[int, float]


def weigh(
    counts: Int64Array,
    weighting: Weighting = "uniform",
    labels: Sequence[str] | None = None,
    keys: Sequence[Any] | None = None,
) -> Int64Array:
    """Compute the groups' weights.

    Args:
        counts: int64 [groups], the sizes of the groups, each at least 1.
        weighting: a preset (see `parse_rule`); a mapping from each group's label (or key) to its
            weight; or a function of (count) or (count, key). Weights are integers, fractions,
            decimals, floats (taken as the decimal they are written as) or text of a number.
        labels: the groups' labels, for messages and mappings; by default their numbers.
        keys: the groups' keys, for mappings and functions; by default the labels.

    Returns:
        int64 [groups], 0 for a group that is never drawn, without a common divisor, their sum at
        most 2^31. Shares that do not fit are rounded to multiples of about 2^-31; one that is
        smaller is raised to that, none is rounded to zero.

    Raises:
        WeightingError: an unknown preset; a function of other arguments; weights that are
            negative, not finite or no numbers, or all zero; a group without a weight, or a
            weight without a group: all are named.

    Example:
        >>> weigh(np.array([22, 146, 12]), "count")
        array([11, 73,  6])
    """
    return weigh_exactly(counts, weighting, labels, keys).weights


def weigh_exactly(
    counts: Int64Array,
    weighting: Weighting = "uniform",
    labels: Sequence[str] | None = None,
    keys: Sequence[Any] | None = None,
) -> Weights:
    """Compute the groups' weights as `weigh` does, and tell which of them were raised.

    Example:
        >>> weights = {"a": "1e-12", "b": 1}
        >>> result = weigh_exactly(np.array([5, 5]), weights, ["a", "b"])
        >>> result.weights.tolist(), {group: round(times) for group, times in result.raised.items()}
        ([1, 2147483646], {0: 466})
    """
    labels = [str(number) for number in range(len(counts))] if labels is None else labels
    keys = labels if keys is None else keys
    if isinstance(weighting, str):
        distinct, which = np.unique(counts, return_inverse=True)
        return _reduced(
            _scaled([parse_rule(weighting)(count) for count in distinct.tolist()]), which
        )
    if not isinstance(weighting, Mapping) and not callable(weighting):
        raise WeightingError(
            f"a weighting is a rule, weights by group or a function: {weighting!r}"
        )
    if isinstance(weighting, Mapping):
        values = [_fraction(weight) for weight in _look_up(weighting, labels, keys)]
    else:
        pairs = zip(counts.tolist(), keys, strict=True)
        values = [_fraction(group_weight(weighting, count, key)) for count, key in pairs]
    usable = [value for value in values if isinstance(value, Fraction) and value >= 0]
    if len(usable) < len(values):
        bad = [
            f"{label}={value}"
            for label, value in zip(labels, values, strict=True)
            if not (isinstance(value, Fraction) and value >= 0)
        ]
        raise WeightingError(
            f"weights must be numbers from 0 up, not {listed(bad)}", concerns="weighting"
        )
    return _reduced(_scaled(usable), np.arange(len(counts)))


def _look_up(weights: Mapping[Any, Any], labels: Sequence[str], keys: Sequence[Any]) -> list[Any]:
    """The weight of each group, by its key or else its label; refuses what does not fit."""
    found, without = [], []
    used: dict[Any, str] = {}
    problems = []
    for label, key in zip(labels, keys, strict=True):
        name = key if key in weights else label
        if name not in weights:
            without.append(label)
        elif name in used:
            problems.append(f"{listed([label])} could be several groups; use a file of weights")
        else:
            used[name] = label
            found.append(weights[name])
    if without:
        some = "groups" if len(without) > 1 else "group"
        problems.append(f"no weight for the {some} {listed(without)}")
    unknown = [name for name in weights if name not in used]
    if unknown:
        hint = close_match(str(unknown[0]), without or labels) if len(unknown) == 1 else ""
        problems.append(f"no group {listed(unknown)} to give a weight to{hint}")
    if problems:
        raise WeightingError("weights: " + "; ".join(dict.fromkeys(problems)), concerns="weighting")
    return found


def group_weight(function: Callable[..., Any], count: int, key: Any) -> Any:
    """Call a function with (count, key), and if that is a TypeError with (count) alone.

    That is how brevettiai 0.x called it, so a second argument that has a default gets the key.
    A TypeError from within the function counts too, and is logged if (count) alone then works.

    Raises:
        WeightingError: a function that takes neither.
        TypeError: the function itself raised it, and takes no (count) alone.

    Example:
        >>> group_weight(lambda count, key: count + len(key), 3, "good")
        7
        >>> group_weight(lambda count: 2 * count, 3, "good")
        6
    """
    try:
        return function(count, key)
    except TypeError as error:
        first = error
    within = _raised_within(first)
    try:
        weight = function(count)
    except TypeError as error:
        if _raised_within(error):
            raise
        if within:
            raise first from None
        raise WeightingError(
            "a weighting function takes (count) or (count, key), "
            f"but this one takes {_signature(function)}"
        ) from error
    if within:
        _LOG.warning(
            "the weighting function failed for (count, key) of group %s (%s), so it was called "
            "with (count) alone",
            quoted(str(key)),
            printable(first),
        )
    return weight


def _raised_within(error: TypeError) -> bool:
    """Whether an error comes from within the function, not from calling it."""
    trace = error.__traceback__
    return trace is not None and trace.tb_next is not None


def _signature(function: Callable[..., Any]) -> str:
    import inspect

    try:
        return printable(inspect.signature(function))
    except ValueError:  # a built-in without a signature
        return "others"


def _fraction(weight: Any) -> Fraction | str:
    """Read a weight exactly; as text what is no finite number."""
    try:
        exact = Decimal(weight) if isinstance(weight, str) and "/" not in weight else weight
        if isinstance(exact, Decimal) and abs(exact.adjusted()) > _MAX_EXPONENT:
            return str(weight)  # exact fractions of such numbers would fill the memory
        if isinstance(exact, str | Decimal | Fraction | int):
            return Fraction(exact)
        return Fraction(repr(float(exact)))
    except (ValueError, TypeError, ArithmeticError):
        return str(weight)


def _scaled(weights: Sequence[int | Decimal | Fraction]) -> list[int]:
    """Scale weights to whole numbers of exactly the same shares."""
    # Quick for roots and logarithms: 40 digits, the first of them at 1/10 or before.
    quick = [w for w in weights if isinstance(w, Decimal) and w.adjusted() >= -1]
    if len(quick) == len(weights):
        return [int(weight.scaleb(41, _CONTEXT)) for weight in quick]
    fractions = [Fraction(weight) for weight in weights]
    scale = math.lcm(*{fraction.denominator for fraction in fractions})
    return [fraction.numerator * (scale // fraction.denominator) for fraction in fractions]


def _reduced(integers: Sequence[int], which: Int64Array) -> Weights:
    """Reduce weights to the smallest integers of the same shares, or round them to 2^31.

    Group g has the weight ``integers[which[g]]``.
    """
    members = np.bincount(which).tolist()
    total = sum(map(int.__mul__, integers, members))
    if not total:
        raise WeightingError(
            "all weights are zero: there is nothing to draw",
            concerns="weighting",
            advice="give some group a weight",
        )
    exact = integers
    small: list[int] = []
    if total // math.gcd(*integers) > MAX_TOTAL:
        groups = len(which)
        if groups > MAX_TOTAL // 2:
            raise WeightingError(
                f"{groups} groups are too many: the most is {MAX_TOTAL // 2}", concerns="groupby"
            )
        room = MAX_TOTAL - groups  # rounding, and the ones that must not be zero, fit into the rest
        integers = [max((2 * w * room + total) // (2 * total), 1) if w else 0 for w in integers]
        small = [i for i, w in enumerate(exact) if 0 < w * MAX_TOTAL < total]
    rounded = sum(map(int.__mul__, integers, members))
    times = {
        i: float(min(Fraction(integers[i] * total, exact[i] * rounded), _MOST_TIMES)) for i in small
    }
    raised = np.flatnonzero(np.isin(which, small)).tolist() if small else []
    divisor = math.gcd(*integers)
    weights = np.array([w // divisor for w in integers], dtype=np.int64)[which]
    return Weights(weights, {group: times[int(which[group])] for group in raised})
