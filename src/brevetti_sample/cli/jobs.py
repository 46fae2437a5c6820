"""How many processes write an export, and when they are started."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..cores import cores
from ..errors import OutputError
from ..tfrecord.workers import Workers

if TYPE_CHECKING:
    from ..tfrecord.planning import ExportPlan

# Of fewer bytes a process, starting it takes longer than it saves.
_WORTH_BYTES = 64 << 20
# Of some thousand rows, their images most likely have as many.
_WORTH_MANIFEST_BYTES = 64 << 10


def started(manifests: Sequence[str] | None, jobs: int | None, *, images: bool) -> Workers:
    """Start the processes that are needed, or will most likely be, while this one imports.

    Args:
        manifests: the argument.
        jobs: the option.
        images: whether the export has images.

    Returns:
        The processes, to be closed: none, or those beside this one.

    Example:
        >>> with contextlib.closing(started(["-"], None, images=True)) as workers:
        ...     len(workers.all)
        0
    """
    workers = Workers()
    count = min(jobs or 1, cores())  # the rest, once it is known how many shards there are
    with contextlib.suppress(OSError, ValueError):  # whoever opens it says why it cannot
        size = sum(os.stat(path).st_size for path in manifests or ())
        if jobs is None and images and size > _WORTH_MANIFEST_BYTES:
            count = min(2, cores())
    with contextlib.suppress(OutputError):  # it is told once they are needed
        workers.start(count - 1)
    return workers


def jobs_of(export: ExportPlan) -> int:
    """How many processes to write an export with, of which each has enough to do.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> from brevetti_sample.tfrecord.planning import plan_export
        >>> manifest = bundled_manifest()
        >>> jobs_of(plan_export(manifest, make_plan(manifest, groupby="folder")))
        1
    """
    return min(cores(), 1 + sum(export.about_bytes()) // _WORTH_BYTES)
