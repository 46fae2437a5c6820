"""Run benchmarks and write what they print to results.md, with what machine it was.

    python benchmarks/results.py            # all of them; takes an hour or two
    python benchmarks/results.py stats plan # only these; the rest of results.md stays

Further arguments go behind `--`, to each of them.
"""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

_FOLDER = Path(__file__).parent
_SCRIPTS = {
    "startup": "Start of the program",
    "stats": "Frequency tables",
    "draws": "Draws",
    "plan": "Drawn batches to Parquet",
    "generator": "Batches in TensorFlow",
    "export": "TFRecords",
    "growth": "Growth",
}
_PACKAGES = (
    *("numpy", "pyarrow", "pandas", "tensorflow", "torch", "duckdb", "polars", "grain"),
    *("datasets", "tfrecord", "array_record", "webdataset"),
)


def machine() -> str:
    """Describe the machine and what is installed on it."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    processor = found[1] if found else platform.processor()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = []
    for name in _PACKAGES:
        try:
            packages.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            packages.append(f"no {name}")
    return (
        f"{datetime.date.today()}; {processor}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; "
        f"{', '.join(packages)}."
    )


def sections(text: str) -> dict[str, str]:
    """The sections of results.md by script."""
    parts = re.split(r"^## .* \(`(\w+)\.py`\)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def main() -> None:
    """Run the scripts that were named, or all, and write results.md."""
    named, _, further = " ".join(sys.argv[1:]).partition("--")
    chosen = named.split() or list(_SCRIPTS)
    if unknown := sorted(set(chosen) - set(_SCRIPTS)):
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(_SCRIPTS)}")
    target = _FOLDER / "results.md"
    known = sections(target.read_text()) if target.exists() else {}
    for name in chosen:
        command = [sys.executable, str(_FOLDER / f"{name}.py"), *further.split()]
        print(*command, flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        known[name] = f"\n{machine()}\n\n{done.stdout.strip()}\n\n"
        lines = [
            f"## {title} (`{name}.py`)\n{known[name]}"
            for name, title in _SCRIPTS.items()
            if name in known
        ]
        head = (
            "# Results\n\nWritten by `results.py`; what is measured and how, the scripts say.\n\n"
        )
        target.write_text(head + "".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
