"""`brevetti-sample verify`: whether an export is as it was written."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from brevetti_sample.cli.options.declaration import argument, option
from brevetti_sample.cli.options.sampling import Messages
from brevetti_sample.cli.options.values import FOLDER
from brevetti_sample.cli.screen import console
from brevetti_sample.cli.screen.output import opened
from brevetti_sample.messages import printable


@dataclass(frozen=True, eq=False)
class Export:
    """What is verified, and how far."""

    folder: str = argument(
        required=True, kind=FOLDER, metavar="DIR", help="What export-tfrecord wrote."
    )
    deep: bool = option(
        default=False,
        help="Take each record apart too: its features, its group, its image's header.",
    )


def verify(export: Export, messages: Messages) -> None:
    """Compare an export with what was written: files, checksums, and groups with the plan.

    Each damage is a line on standard output: the file, and what is wrong.

    Example: brevetti-sample verify out --deep
    """
    console.be_quiet(messages.quiet)

    from brevetti_sample.tfrecord.verify.verify import verify_export

    found = verify_export(export.folder, deep=export.deep)
    if sys.stdout is not None:  # closed: the error below names the files
        with opened("-") as stream:
            for damage in found.damages:
                stream.write(f"{printable(damage.name)}: {printable(damage.reason)}\n".encode())
    found.check()
    console.say(
        f"{export.folder} is fine: {console.quantity(found.records, 'record')}, "
        f"{found.bytes:,} bytes in {console.quantity(found.shards, 'shard')}"
    )
