"""Classes of groups with like shares, so that no group is pushed about by the jitter of others."""

from __future__ import annotations

import numpy as np

from brevetti_sample.arrays.types import Int64Array


def classes(weights: Int64Array) -> list[Int64Array]:
    """Split groups into classes of like shares, so that none is pushed about by the others.

    Within a class of m groups, the jitter of all moves the count of one with share p (of the
    class) by about p * sqrt((m - 1) / 3), and its own jitter by about 1 / sqrt(3): the first is
    no larger where p^2 * (m - 1) <= 1. If all groups together fulfil that they are one class. Else
    the largest group and those of more than a quarter of its weight are a class, which always
    fulfils it, and the rest are treated likewise; so there are never more than 17.

    Args:
        weights: int64 [groups]; those of weight 0 are in no class.

    Returns:
        The groups of each class, int64, ascending; the classes of the heaviest groups first.

    Example:
        >>> classes(np.array([1, 1, 300, 1, 1, 0]))
        [array([2]), array([0, 1, 3, 4])]
    """
    order = np.argsort(-weights, kind="stable")
    order = order[: np.count_nonzero(weights)]
    result = []
    while len(order):
        heaviest, total = int(weights[order[0]]), int(weights[order].sum())
        size = len(order)
        if heaviest**2 * (size - 1) > total**2:
            size = int(np.count_nonzero(4 * weights[order] > heaviest))
        result.append(np.sort(order[:size]))
        order = order[size:]
    return result
