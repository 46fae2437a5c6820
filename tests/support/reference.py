"""The stratified stream as its definition reads: one draw at a time, with Python's integers.

Slow, and written without a look at the library's arrays: what both agree on is right.
"""

from __future__ import annotations

from math import isqrt

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
M1, M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
SPREADS = (
    *(0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F),
    *(0x165667B1, 0xD3A2646D, 0xB5297A4D, 0x68E31DA5),
)


def mix(x):
    x ^= x >> 30
    x = x * M1 & MASK
    x ^= x >> 27
    x = x * M2 & MASK
    return x ^ x >> 31


def key(seed, purpose, index):
    return mix(mix(seed + purpose * GOLDEN & MASK) + (index + 1) * GOLDEN & MASK)


def place(key, draw):
    """Where in its cell a draw stands, in 1/4096; and its rank among those of its tick."""
    x = key + draw * GOLDEN & MASK
    x ^= x >> 32
    x = x * M1 & MASK
    x ^= x >> 29
    x = x * M2 & MASK
    return x >> 52, x >> 20 & 0xFFFFFFFF


def element(size, key, position):
    """The element at a position of the permutation of a cycle."""
    if size <= 64:
        order = sorted(range(size), key=lambda i: (mix(key + i * GOLDEN & MASK) >> 6, i))
        return order[position]
    height = max(16, isqrt(size - 1) + 1)
    width = max(16, -(-size // height))
    keys = key >> 32, key & 0xFFFFFFFF
    number = position
    while True:
        left, right = divmod(number, width)
        for turn in range(8 if size < 4096 else 6):
            half, bound = (left, width) if turn % 2 else (right, height)
            value = (half + keys[turn % 2]) * SPREADS[turn] & 0xFFFFFFFF
            value ^= value >> 15
            value = (value * 0x7FEB352D & 0xFFFFFFFF) >> 16
            step = value * bound >> 16
            if turn % 2:
                right = (right + step) % width
            else:
                left = (left + step) % height
        number = left * width + right
        if number < size:
            return number


def classes(weights):
    rest = sorted((g for g in range(len(weights)) if weights[g]), key=lambda g: (-weights[g], g))
    result = []
    while rest:
        heaviest = weights[rest[0]]
        if heaviest**2 * (len(rest) - 1) <= sum(weights[g] for g in rest) ** 2:
            size = len(rest)
        else:
            size = sum(4 * weights[g] > heaviest for g in rest)
        result.append(sorted(rest[:size]))
        rest = rest[size:]
    return result


def interleave(weights, place_of, count, limits=None):
    """The first draws of several members as (member, number of the member's draw)."""
    total = sum(weights)
    most = count if limits is None else sum(limits)
    draws = []
    for member, weight in enumerate(weights):
        mine = limits[member] if limits else min(most, count * weight // total + 2 + len(weights))
        for draw in range(mine):
            place, rank = place_of(member, draw)
            tick = (draw * 4096 + place) * total // weight
            draws.append((tick, rank, member, draw))
    return [(member, draw) for _, _, member, draw in sorted(draws)[:count]]


def stream(plan, count):
    """The first draws of a plan, as (group, place among the group's rows)."""
    weights, sizes = plan.weights.tolist(), plan.sizes.tolist()

    def placed(purpose, members):
        def place_of(member, draw):
            if not plan.shuffle:
                return 2048, 0
            return place(key(plan.seed, purpose, members[member]), draw)

        return place_of

    cycles = plan.cycles
    if cycles is None:
        kinds = classes(weights)
        limits = None
    else:
        kinds = [[g for g in range(len(weights)) if weights[g]]]
        limits = [cycles * sizes[g] for g in kinds[0]]
    leaves = [
        interleave([weights[g] for g in kind], placed(1, kind), count, limits) for kind in kinds
    ]
    if len(kinds) == 1:
        order = [(0, number) for number in range(len(leaves[0]))]
    else:
        totals = [sum(weights[g] for g in kind) for kind in kinds]
        order = interleave(totals, placed(2, range(len(kinds))), count)
    result = []
    for kind, number in order[:count]:
        member, draw = leaves[kind][number]
        group = kinds[kind][member]
        cycle, position = divmod(draw, sizes[group])
        if plan.shuffle:
            run_key = mix(key(plan.seed, 3, group) + cycle * GOLDEN & MASK)
            position = element(sizes[group], run_key, position)
        result.append((group, position))
    return result
