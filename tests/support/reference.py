"""The stratified stream once more: slow, one draw at a time, in plain integers.

It is written from the appendix of `docs/stream.md` and from nothing else, and shares no code with the
library. Where the two differ, one of the three is wrong: the library, the page or this.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from functools import lru_cache

GOLDEN = 0x9E3779B97F4A7C15
M1 = 0xBF58476D1CE4E5B9
M2 = 0x94D049BB133111EB
GROUP_PLACES, CLASS_PLACES, ROWS, MAPS = 1, 2, 3, 4


# Hash and keys


def mix(x):
    """Section "Hash and keys": the hash of a 64-bit integer."""
    x ^= x >> 30
    x = x * M1 % 2**64
    x ^= x >> 27
    x = x * M2 % 2**64
    return x ^ (x >> 31)


def key(seed, purpose, index):
    """Section "Hash and keys": the key of one group, class or map for one purpose."""
    start = mix((seed + purpose * GOLDEN) % 2**64)
    return mix((start + (index + 1) * GOLDEN) % 2**64)


def place(key, draw):
    """Section "Place and tie hash of a draw": where in its cell a draw stands, and its tie hash."""
    x = (key + draw * GOLDEN) % 2**64
    x ^= x >> 32
    x = x * M1 % 2**64
    x ^= x >> 29
    x = x * M2 % 2**64
    return x >> 52, (x >> 20) % 2**32


# Interleaving


def tick(weight, total, draw, place):
    """Section "Interleaving": the tick of a member's draw."""
    return (4096 * draw + place) * total // weight


def draws_before(moment, weights, places, limits):
    """Section "Interleaving": how many draws of each member have a tick below a moment."""
    total, before = sum(weights), []
    for member, weight in enumerate(weights):
        draw = max(0, moment * weight // (4096 * total) - 2)
        while tick(weight, total, draw, places(member, draw)[0]) < moment:
            draw += 1
        before.append(min(draw, limits[member]))
    return before


def moment(draws, weights, places, limits):
    """Section "Interleaving": the last tick with at most so many draws before it, bit by bit."""
    found = 0
    for bit in reversed(range(107 if draws else 0)):
        later = found + (1 << bit)
        if sum(draws_before(later, weights, places, limits)) <= draws:
            found = later
    return found


def interleave(weights, places, count, limits=None, start=0):
    """Section "Interleaving": draws `start` to before `start + count` of the sequence, (member, j) each.

    `places(member, j)` gives the place and the tie hash; the sequence may end earlier by its limits.
    """
    limits = limits or [math.inf] * len(weights)
    total = sum(weights)

    def next_draw(member, draw):
        position, tie = places(member, draw)
        return tick(weights[member], total, draw, position), tie, member, draw

    before = draws_before(moment(start, weights, places, limits), weights, places, limits)
    ahead = [next_draw(m, j) for m, j in enumerate(before) if j < limits[m]]
    heapq.heapify(ahead)
    sequence = []
    while ahead and len(sequence) < start - sum(before) + count:
        _, _, member, draw = heapq.heappop(ahead)
        sequence.append((member, draw))
        if draw + 1 < limits[member]:
            heapq.heappush(ahead, next_draw(member, draw + 1))
    return sequence[start - sum(before) :]


# Classes, and the group of a draw


def classes(weights):
    """Section "Classes, and the group of a draw": the groups of each class of an endless stream."""
    left = sorted((group for group, w in enumerate(weights) if w), key=lambda g: (-weights[g], g))
    found = []
    while left:
        heaviest = weights[left[0]]
        total = sum(weights[group] for group in left)
        if heaviest**2 * (len(left) - 1) <= total**2:
            return [*found, sorted(left)]
        found.append(sorted(group for group in left if weights[group] * 4 > heaviest))
        left = [group for group in left if weights[group] * 4 <= heaviest]
    return found


def group_draws(plan, start, count):
    """Section "Classes, and the group of a draw": the groups that come up, each with its j."""
    weights, sizes = [int(w) for w in plan.weights], [int(n) for n in plan.sizes]

    def places(purpose, numbers):
        keys = [key(plan.seed, purpose, number) for number in numbers]
        return lambda m, draw: place(keys[m], draw) if plan.shuffle else (2048, 0)

    def of_class(groups, start, count, limits=None):
        inside = [weights[group] for group in groups]
        drawn = interleave(inside, places(GROUP_PLACES, groups), count, limits, start)
        return [(groups[member], draw) for member, draw in drawn]

    if plan.repeat is not True:
        times = 1 if plan.repeat is False else plan.repeat
        groups = [group for group, weight in enumerate(weights) if weight]
        return of_class(groups, start, count, [times * sizes[group] for group in groups])
    members = classes(weights)
    if len(members) == 1:
        return of_class(members[0], start, count)
    shares = [sum(weights[group] for group in groups) for groups in members]
    order = interleave(shares, places(CLASS_PLACES, range(len(members))), count, start=start)
    times = Counter(c for c, _ in order)
    first = dict(reversed(order))
    parts = {c: of_class(members[c], first[c], times[c]) for c in times}
    return [parts[c][n - first[c]] for c, n in order]


# The row of a draw


def cycle_key(key, cycle):
    """Section "The row of a draw": the key of one cycle; the key is the group's, of purpose 3."""
    return mix((key + cycle * GOLDEN) % 2**64)


def element(rows, cycle_key, position):
    """Section "The row of a draw": the element at a position of one cycle's permutation."""
    if rows <= 64:
        return small_permutation(rows, cycle_key)[position]
    a = max(16, math.isqrt(rows - 1) + 1)
    b = max(16, -(-rows // a))
    number = network(position, a, b, cycle_key, 8 if rows < 4096 else 6)
    while number >= rows:
        number = network(number, a, b, cycle_key, 8 if rows < 4096 else 6)
    return number


@lru_cache(maxsize=1000)
def small_permutation(rows, cycle_key):
    """Section "The row of a draw": the permutation of 1 to 64 rows, by hashes."""
    hashes = [(mix((cycle_key + i * GOLDEN) % 2**64) >> 6, i) for i in range(rows)]
    return [i for _, i in sorted(hashes)]


def network(number, a, b, cycle_key, rounds):
    """Section "The row of a draw": a number sent once through all rounds of the Feistel network."""
    high, low = cycle_key >> 32, cycle_key % 2**32
    left, right = number // b, number % b
    for t in range(rounds):
        if t % 2 == 0:
            left = (left + round_function(right, high, FACTORS[t], a)) % a
        else:
            right = (right + round_function(left, low, FACTORS[t], b)) % b
    return left * b + right


FACTORS = [
    *(0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F),
    *(0x165667B1, 0xD3A2646D, 0xB5297A4D, 0x68E31DA5),
]


def round_function(half, key, factor, bound):
    """Section "The row of a draw": F, what a round adds to the other half."""
    x = (half + key) % 2**32 * factor % 2**32
    x ^= x >> 15
    x = x * 0x7FEB352D % 2**32
    return ((x >> 16) * bound) >> 16


def row(rows, key, draw, shuffle=True):
    """Section "The row of a draw": the element that a group's draw takes; the key is of purpose 3."""
    cycle, position = draw // rows, draw % rows
    if not shuffle:
        return position
    return element(rows, cycle_key(key, cycle), position)


def stream(plan, count, start=0):
    """The appendix as a whole: the group and the element of `count` draws from `start`, as pairs."""
    return [
        (group, row(int(plan.sizes[group]), key(plan.seed, ROWS, group), draw, plan.shuffle))
        for group, draw in group_draws(plan, start, count)
    ]


# Batches, shards and seeds


def shard(start, stop, batch_size, number, shards):
    """Section "Batches, shards and seeds": which draws of a range are those of a shard."""
    return [d for d in range(start, stop) if d // batch_size % shards == number]


def map_seed(seed, maps_before):
    """Section "Batches, shards and seeds": the seed of a map of a generator."""
    return key(seed, MAPS, maps_before) >> 32
