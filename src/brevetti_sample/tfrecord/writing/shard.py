"""One shard: a slice of the draws, written to a file of its own."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .blocks import Blocks
from .digest import Digest
from .records import Samples, Skipped


@dataclass(frozen=True)
class ShardSpec:
    """A shard that is to be written.

    Attributes:
        name: of its file.
        start: number of its first draw.
        stop: number of the draw before which it ends.
        split: that it is of; None for the one that is drawn. In the others rows are counted
            instead of draws.
    """

    name: str
    start: int
    stop: int
    split: str | None = None


@dataclass(frozen=True)
class ShardRecord:
    """A shard that has been written.

    Attributes:
        name: of its file.
        start: number of its first draw.
        stop: number of the draw before which it ends.
        records: how many there are.
        bytes: how long the file is.
        crc32c: of the file, eight hexadecimal digits.
        sha256: of the file, in hexadecimal digits; an empty text if it was not asked for.
        groups: how many records each group has, of the plan, or of the split if it is not drawn.
        skipped: the samples that were left out.
    """

    name: str
    start: int
    stop: int
    records: int
    bytes: int
    crc32c: str
    sha256: str
    groups: tuple[int, ...]
    skipped: tuple[Skipped, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def write_shard(
    samples: Samples,
    spec: ShardSpec,
    digest: Digest,
    compression: str,
    report: Callable[[int, int], None] | None = None,
    *,
    thread: bool = True,
) -> ShardRecord:
    """Write the records of a shard.

    Args:
        samples: what to make them from.
        spec: which.
        digest: where to write.
        compression: "none" or "gzip"; the same records give the same compressed bytes.
        report: called with the records and bytes of each batch that has been written.
        thread: whether a thread may write to the digest.

    Raises:
        SampleFileError: an image that cannot be used, unless those are skipped.
        OSError: it cannot be written.
    """
    packed = None
    if compression == "gzip":
        packed = gzip.GzipFile("", "wb", fileobj=digest, mtime=0)
    groups = np.zeros(len(samples.keys(spec.split)), dtype=np.int64)
    skipped: list[Skipped] = []
    try:
        with contextlib.closing(Blocks((packed or digest).write, thread=thread)) as blocks:
            for batch in samples.write(spec.start, spec.stop, blocks, spec.split):
                groups += np.bincount(batch.groups, minlength=len(groups))
                skipped += batch.skipped
                if report is not None:
                    report(len(batch.groups) + len(batch.skipped), batch.bytes)
            blocks.finish()
        if packed is not None:
            packed.close()
    finally:
        if packed is not None:
            # After an error it must not write an end once it is collected: the file is closed
            # then, or nobody reads the stream.
            packed.fileobj = None  # type: ignore[assignment]
    return ShardRecord(
        spec.name,
        spec.start,
        spec.stop,
        int(groups.sum()),
        digest.bytes,
        digest.crc32c,
        digest.sha256,
        tuple(groups.tolist()),
        tuple(skipped),
    )
