"""`brevetti-sample verify`: whether an export is as it was written."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from brevetti_sample.cli.options import sampling as o
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import opened
from brevetti_sample.messages import printable


def verify(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="What export-tfrecord wrote.")],
    deep: Annotated[
        bool,
        typer.Option(
            "--deep",
            help="Take each record apart too: its features, its group, its image's header.",
        ),
    ] = False,
    quiet: o.QuietOption = False,
    debug: o.DebugOption = False,
) -> None:
    """Compare an export with what was written: files, checksums, and groups with the plan.

    Each damage is a line on standard output: the file, and what is wrong.

    Example: brevetti-sample verify out --deep
    """
    console.be_quiet(quiet)

    from brevetti_sample.tfrecord.verify.verify import verify_export

    found = verify_export(folder, deep=deep)
    if sys.stdout is not None:  # closed: the error below names the files
        with opened("-") as stream:
            for damage in found.damages:
                stream.write(f"{printable(damage.name)}: {printable(damage.reason)}\n".encode())
    found.check()
    console.say(
        f"{folder} is fine: {console.counted(found.records, 'record')}, {found.bytes:,} bytes in "
        f"{console.counted(found.shards, 'shard')}"
    )
