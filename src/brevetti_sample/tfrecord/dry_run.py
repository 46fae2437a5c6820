"""Whether an export could be written, found out without writing."""

from __future__ import annotations

import os
from pathlib import Path

from .export import state_of
from .folder import locked
from .planning import ExportPlan


def check_folder(
    export: ExportPlan, folder: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Refuse a folder that `write_export` would refuse; nothing is made or written.

    Args:
        export: the plan of the export.
        folder: where it would go.
        overwrite: whether another export in the folder could go.

    Raises:
        OutputError: the folder holds something else, is being written, or cannot be made.

    Example:
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> from brevetti_sample.tfrecord.planning import plan_export
        >>> manifest = bundled_manifest()
        >>> export = plan_export(manifest, make_plan(manifest, groupby="folder"))
        >>> check_folder(export, "not/there/yet")
        >>> os.path.exists("not")
        False
    """
    path = os.fspath(folder)
    places = (path, *map(str, Path(path).parents))
    above = next(filter(os.path.lexists, places), path)
    makes = os.path.isdir(above) and os.access(above, os.W_OK | os.X_OK)
    if makes and above != path:
        return
    with locked(path) as place:  # where no folder can be made, this says why
        state_of(export, place, overwrite)
