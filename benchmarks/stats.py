"""The frequency of a column, as a whole process: ours, DuckDB, Polars, pandas and Miller.

    python benchmarks/stats.py
    python benchmarks/stats.py --rows 1000000 --folder /tmp

The manifests, Parquet and CSV, are made by `make_manifest.py` in a temporary folder; in one that
is given they are kept, and found again.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from make_manifest import write_manifest
from timing import Candidate, in_turn, installed, process, report

_PROGRAMS = {
    "DuckDB": (
        "duckdb",
        "import duckdb; duckdb.sql(\"SELECT folder, count(*) FROM '{path}' GROUP BY folder\")"
        ".fetchall()",
    ),
    "Polars": (
        "polars",
        "import polars; polars.scan_{suffix}('{path}').group_by('folder').len().collect()",
    ),
    "pandas": (
        "pandas",
        "import pandas; "
        "pandas.read_{suffix}('{path}', {columns}=['folder'])['folder'].value_counts()",
    ),
}


def make(folder: Path, rows: int, groups: int, suffix: str) -> Path:
    """Make a manifest, unless it is there."""
    path = folder / f"manifest_{rows}_{groups}.{suffix}"
    if not path.exists():
        part = path.with_name(f"part_{path.name}")
        write_manifest(str(part), rows, groups)
        part.rename(path)
    return path


def candidates(path: Path) -> list[Candidate]:
    """Ours, then the others."""
    suffix = path.suffix[1:]
    ours = [sys.executable, "-m", "brevetti_sample", "stats", str(path), "-g", "folder"]
    found: list[Candidate] = [("brevetti-sample stats", process(ours))]
    for name, (module, program) in _PROGRAMS.items():
        columns = "usecols" if suffix == "csv" else "columns"
        code = program.format(path=path, suffix=suffix, columns=columns)
        found.append((name, process([sys.executable, "-c", code]) if installed(module) else None))
    if suffix == "csv":  # Miller reads no Parquet
        miller = shutil.which("mlr")
        command = [str(miller), "--icsv", "--ocsv", "count", "-g", "folder", str(path)]
        found.append(("Miller", process(command) if miller else None))
    return found


def main() -> None:
    """Parse the arguments, make the manifests, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--groups", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--folder", help="where the manifests are; by default a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for rows in arguments.rows:
            for suffix in ("parquet", "csv"):
                folder = Path(arguments.folder or temporary)
                path = make(folder, rows, arguments.groups, suffix)
                title = f"{arguments.groups:,} groups of {rows:,} rows of {suffix}"
                report(title, in_turn(candidates(path), arguments.repeats))


if __name__ == "__main__":
    main()
