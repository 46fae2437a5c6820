"""The first draws of some plans, and digests of long ranges, as literals.

Order is part of the interface. If a test of one of these fails, the change that made it fail is
wrong, or it is a new major version.

They changed once, before the first version was released: draws that fall on one tick were in the
order of their groups, and are in the order of a hash now. Of the literals only the digests of 1,000
shuffled groups changed, for with few groups there are hardly any such draws.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# The bundled manifest by folder and square root, seed 1.
BOTTLES_WEIGHTS = [497717584, 1282177264, 367588797]
BOTTLES_DIGEST = "eafa66dce4952119f09c408d665767d9ac8243e6111c455a15640789a842e4ae"
BOTTLES_GROUPS = [0, 1, 1, 1, 2, 1, 0, 2, 1, 0, 1, 1, 1, 1, 1, 0]
BOTTLES_ROWS = [  # of the manifest
    *(19, 132, 46, 137, 176, 165, 18, 173),
    *(82, 8, 164, 38, 89, 111, 129, 6),
]
BOTTLES_EPOCH = [42, 107, 31]


@dataclass(frozen=True)
class Excerpt:
    """Draws of one plan from `start` on: groups, and positions among the rows of a group."""

    sizes: list[int]
    weights: list[int]
    options: dict[str, Any]
    start: int
    groups: list[int]
    positions: list[int]


BOTTLES_SIZES = [22, 146, 12]
ALL_SIZES = [300, 5000, 1, 70, 64]
TWO_CLASSES = [5, 900, 1, 40, 54]
EXCERPTS = {
    "the bottles after a thousand million draws": Excerpt(
        BOTTLES_SIZES,
        BOTTLES_WEIGHTS,
        {"seed": 1},
        10**9,
        [1, 1, 0, 1, 2, 1, 0, 1, 0, 1, 1, 2, 1, 0, 1, 1],
        [93, 8, 8, 119, 2, 72, 15, 36, 19, 139, 140, 1, 103, 13, 141, 0],
    ),
    "two classes of groups of all sizes": Excerpt(
        ALL_SIZES,
        TWO_CLASSES,
        {"seed": 2**64 - 1},
        0,
        [1, 1, 1, 4, *[1] * 12, 3, 1, 1, 1, 1, 1, 1, 4],
        [
            *(2790, 2143, 550, 48, 2334, 675, 1705, 2462, 829, 4154, 4849, 482),
            *(4309, 179, 2754, 1919, 20, 125, 2695, 3877, 497, 2664, 2983, 6),
        ],
    ),
    "two classes after 10^12 draws": Excerpt(
        ALL_SIZES,
        TWO_CLASSES,
        {"seed": 2**64 - 1},
        10**12,
        [1, 1, 1, 1, 1, 4, 1, 1],
        [2579, 774, 4214, 4179, 1723, 43, 1507, 2274],
    ),
    "a finite stream": Excerpt(
        [3, 9, 1],
        [1, 1, 1],
        {"seed": 3, "repeat": 2},
        0,
        [1, 0, 2, 0, 1, 2, 1, 0, 0, 1, 1, 0, 0, *[1] * 13],
        [0, 2, 0, 1, 1, 0, 5, 0, 0, 3, 6, 1, 2, 8, 2, 7, 4, 0, 4, 5, 2, 1, 6, 8, 7, 3],
    ),
    "twenty thousand equal groups, of which many fall on each tick": Excerpt(
        [2] * 20_000,
        [1] * 20_000,
        {"seed": 6},
        0,
        [19586, 10164, 3620, 5117, 6736, 10743, 13722, 17683, 19357, 13379, 16015, 11504],
        [],  # only the groups
    ),
    "twenty thousand equal groups after 10^10 draws": Excerpt(
        [2] * 20_000,
        [1] * 20_000,
        {"seed": 6},
        10**10,
        [9737, 12854, 3160, 16157, 15321, 12497],
        [0, 1, 0, 1, 1, 1],
    ),
}

# The keys of purpose 1 of the groups 0 and 1 with seed 1.
KEYS = [0x5E41AB087439611E, 0xF18D6CE93D6CF1EE]
# The first elements of permutations, by the number of rows.
CYCLE_KEY = 12345
PERMUTATIONS = {
    6: [3, 1, 4, 2, 5, 0],
    64: [27, 58, 60, 53, 55, 45],
    65: [15, 30, 26, 59, 62, 0],
    300: [117, 17, 217, 275, 265, 219],
    5000: [2536, 4295, 3014, 156, 2080, 382],
}


@dataclass(frozen=True)
class LongRange:
    """A range of the stream of many groups, weighted by a rule, and the digest of its draws."""

    sizes: list[int]
    rule: str
    start: int
    count: int
    digest: str
    options: dict[str, Any] = field(default_factory=dict)


ZIPF = np.maximum(1, 200_000 * np.arange(1.0, 1001) ** -1.2).astype(np.int64).tolist()
LONG_RANGES = {
    "roots": LongRange(ZIPF, "square root", 0, 200_000, "f0d2f02b8226cb56", {"seed": 1}),
    "roots, far": LongRange(ZIPF, "square root", 10**12, 200_000, "884fab50085ad11a", {"seed": 1}),
    "counts": LongRange(ZIPF, "count", 10**9, 200_000, "1c0d5756a2f76061", {"seed": 2}),
    "equal": LongRange([10_000] * 1000, "uniform", 0, 200_000, "a37482a37b88647a", {"seed": 3}),
    "once": LongRange(
        ZIPF, "square root", 0, 10**9, "1c569c4d2c5036a9", {"seed": 4, "repeat": False}
    ),
    "even": LongRange(ZIPF, "log", 0, 200_000, "a7fbf766a37efdf3", {"seed": 5, "shuffle": False}),
}
# How many classes the endless ones of them have.
CLASSES = {"roots": 1, "counts": 3, "equal": 1}


def digest(groups, positions) -> str:
    """The digest of a range: of its groups, then its positions, each a little-endian int32."""
    data = np.asarray(groups, "<i4").tobytes() + np.asarray(positions, "<i4").tobytes()
    return hashlib.sha256(data).hexdigest()[:16]
