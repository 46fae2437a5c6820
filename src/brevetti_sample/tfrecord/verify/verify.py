"""Whether an export is as it was written, and as its plan says; in constant memory."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from brevetti_sample.errors import DamageError, PlanError, UsageError, argument
from brevetti_sample.files.failures import raise_if_exhausted, reason_of
from brevetti_sample.files.local_path import local_path
from brevetti_sample.groups.keys import Key
from brevetti_sample.images.header import HeaderError, read_header
from brevetti_sample.messages import listed, printable
from brevetti_sample.streams.open_stream import open_stream
from brevetti_sample.streams.plan import Plan
from brevetti_sample.tfrecord.format.parsing import ExampleError, Values, parse_example
from brevetti_sample.tfrecord.format.reader import read_records
from brevetti_sample.tfrecord.writing.digest import digest_file
from brevetti_sample.tfrecord.writing.folder import EXPORT, PROGRESS, Export, read_export
from brevetti_sample.tfrecord.writing.shard import ShardRecord

from .counts import Damage, drawn_damages, split_damages, splits_of
from .recount import Recount, make_recount

if TYPE_CHECKING:
    from brevetti_sample.tfrecord.writing.saved_export import SavedFeature

_EXTRA = "it does not belong to the export"


@dataclass(frozen=True)
class Verification:
    """What a look at an export found.

    Attributes:
        folder: where it is.
        shards: how many there should be.
        records: how many there should be in all.
        bytes: how long they should be together.
        damages: what is wrong; nothing, if all is as it was written.
    """

    folder: str
    shards: int
    records: int
    bytes: int
    damages: tuple[Damage, ...]

    def check(self) -> None:
        """Refuse a damaged export.

        Raises:
            DamageError: naming the files that are.
        """
        if self.damages:
            names = dict.fromkeys(damage.name for damage in self.damages)
            hint = "the command that wrote it writes again what is missing or altered"
            extra = [damage.name for damage in self.damages if damage.reason == _EXTRA]
            if extra:
                hint = f"remove {listed(extra)}" + (f"; {hint}" if len(extra) < len(names) else "")
            raise DamageError(f"is damaged: {listed(names)}", path=self.folder, advice=hint)


def verify_export(folder: str | os.PathLike[str], *, deep: bool = False) -> Verification:
    """Compare the files of an export with `export.json`, and that with its plan.

    Args:
        folder: where the export is.
        deep: whether to take each record apart too, to compare its features with those that
            `export.json` lists, to count the groups by them, and to read the headers of images.
            Without it records are only looked at in a file that is not as it was written, to find
            the first damage.

    Raises:
        UsageError: no such folder, or a URI.
        DamageError: no `export.json`, or a damaged one.
        OutputError: too many files are open.

    Example:
        >>> import tempfile
        >>> from brevetti_sample import bundled_manifest, make_plan
        >>> from brevetti_sample.tfrecord.export.export import export_tfrecord
        >>> manifest = bundled_manifest()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = export_tfrecord(manifest, make_plan(manifest, groupby="folder"), folder)
        ...     verify_export(folder).damages
        ()
    """
    path = local_path(folder, "folder")
    export = _open(path)
    found = [*_extra(path, export), *_other_files(path, export)]
    recounts: dict[str, Recount | None] = {}
    drawn, splits = splits_of(export)
    try:
        plan = Plan.from_saved(export.saved.plan)
        stream = open_stream(plan)
    except PlanError as error:
        found.append(Damage(EXPORT, f"its plan is damaged: {printable(error)}"))
    else:
        found += drawn_damages(drawn, plan, stream)
        recount = make_recount(plan.groupby, _drawable(plan), export.saved)
        recounts |= {shard.name: recount for shard in drawn}
        for split in splits:
            found += split_damages(split)
            recount = make_recount(plan.groupby, dict(enumerate(split.keys)), export.saved)
            recounts |= {shard.name: recount for shard in split.shards}
    if export.saved.records != sum(shard.records for shard in export.shards):
        found.append(Damage(EXPORT, "its records are not those of its shards"))
    look = _Look(path, export, recounts, deep)
    found += [damage for shard in export.shards for damage in look.damages(shard)]
    return Verification(
        path,
        len(export.shards),
        sum(shard.records for shard in export.shards),
        sum(shard.bytes for shard in export.shards),
        tuple(found),
    )


def _drawable(plan: Plan) -> dict[int, Key]:
    """The groups that records can be of, by their numbers."""
    weights = plan.weights.tolist()
    return {group: key for group, key in enumerate(plan.keys) if weights[group]}


def _open(path: str) -> Export:
    if not os.path.isdir(path):
        raise UsageError(
            "is not a folder",
            parameter="folder",
            path=path,
            advice="choose one that export-tfrecord wrote",
        )
    try:
        return read_export(path)
    except FileNotFoundError:
        if os.path.exists(os.path.join(path, PROGRESS)):
            reason = "is an unfinished export"
            advice = "run the same export-tfrecord again to finish it"
        else:
            reason = f"has no {EXPORT}"
            advice = "choose a folder that export-tfrecord wrote, or write it again"
        raise DamageError(reason, path=path, advice=advice) from None
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            raise_if_exhausted(error)
        reason = printable((isinstance(error, OSError) and error.strerror) or error)
        raise DamageError(
            f"is damaged ({reason})",
            path=os.path.join(path, EXPORT),
            advice=f"write the export again with {argument('overwrite', True)}",
        ) from None


def _extra(path: str, export: Export) -> Iterator[Damage]:
    """Shards that do not belong to the export, which a pattern would read along."""
    known = {shard.name for shard in export.shards}
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        raise DamageError(f"cannot be listed: {reason_of(error)}", path=path) from error
    for name in names:
        if ".tfrecord-" in name and name not in known and not name.startswith("."):
            yield Damage(name, _EXTRA)


def _other_files(path: str, export: Export) -> Iterator[Damage]:
    for name, expected in export.saved.files.items():
        file = os.path.join(path, name)
        try:
            same = _size(file) == expected.bytes
            same = same and digest_file(file, sha256=True).sha256 == expected.sha256
        except OSError as error:
            yield _unreadable(name, error)
            continue
        if not same:
            yield Damage(name, "it is not as it was written")


@dataclass(frozen=True)
class _Look:
    """A look at the shards of an export."""

    path: str
    export: Export
    recounts: Mapping[str, Recount | None]
    deep: bool

    @cached_property
    def _sizes(self) -> frozenset[int]:
        """The bytes that shards have."""
        return frozenset(shard.bytes for shard in self.export.shards)

    @cached_property
    def _by_checksum(self) -> dict[str, list[str]]:
        """The names of the shards by what their checksum should be."""
        result: dict[str, list[str]] = {}
        for shard in self.export.shards:
            result.setdefault(shard.crc32c, []).append(shard.name)
        return result

    def damages(self, shard: ShardRecord) -> Iterator[Damage]:
        """What is wrong with a shard."""
        path = os.path.join(self.path, shard.name)
        try:
            size = _size(path)
            known = size in self._sizes
            if known:  # else it is no shard, and may be of any length
                digest = digest_file(path, sha256=bool(shard.sha256))
        except OSError as error:
            yield _unreadable(shard.name, error)
            return
        if known:
            found = (digest.bytes, digest.crc32c, digest.sha256)
            if found == (shard.bytes, shard.crc32c, shard.sha256):
                if self.deep and (damage := self._first(path, shard)):
                    yield Damage(shard.name, damage)
                return
            if others := self._by_checksum.get(digest.crc32c):
                yield Damage(shard.name, f"it is {listed(others)}, under another name")
                return
        cut = f"it has {size} bytes instead of {shard.bytes}"
        what = "it is not as it was written" if size == shard.bytes else cut
        inside = self._first(path, shard)
        yield Damage(shard.name, f"{what}: {inside}" if inside else what)

    def _first(self, path: str, shard: ShardRecord) -> str:
        """What is wrong with the first bad record of a file; an empty text if none is."""
        saved, recount = self.export.saved, self.recounts.get(shard.name)
        features = {feature.name: feature for feature in saved.features}
        packing = "gzip" if saved.compression == "gzip" else None
        counts: Counter[int] = Counter()
        number = -1
        try:
            for number, record in enumerate(read_records(path, packing)):
                if number == shard.records:  # there may be any number of them in a packed shard
                    return f"it has more than its {shard.records} records"
                try:
                    example = parse_example(record)
                except ExampleError as error:
                    return f"record {number} is no example: {error}"
                if reason := _bad_example(example, features, saved.image_feature):
                    return f"record {number} {reason}"
                if recount is not None:
                    group = recount.group(example)
                    if group is None:
                        return f"record {number} is of no group of the plan"
                    counts[group] += 1
        except DamageError as error:
            return f"record {error.record} at byte {error.offset}: {error.reason}"
        except OSError as error:
            return f"it cannot be read: {reason_of(error)}"
        if number + 1 != shard.records:
            return f"it has {number + 1} records instead of {shard.records}"
        return "" if recount is None else recount.difference(shard.groups, counts)


def _size(path: str) -> int:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):  # a named pipe would be waited for
        raise OSError(errno.EINVAL, "it is not a regular file")
    return status.st_size


def _unreadable(name: str, error: OSError) -> Damage:
    missing = isinstance(error, FileNotFoundError)
    return Damage(name, "it is missing" if missing else f"it cannot be read: {reason_of(error)}")


def _bad_example(
    example: dict[str, Values | None], features: dict[str, SavedFeature], image: str | None
) -> str:
    """What is wrong with a record; an empty text if it is as `export.json` says."""
    for name, values in example.items():
        if name not in features or values is None or values.kind != features[name].kind:
            return f"has a feature '{printable(name)}' that export.json does not list like that"
        if features[name].single and values.count != 1:
            return f"has {values.count} values of '{printable(name)}' instead of one"
    missing = [n for n, feature in features.items() if feature.single and n not in example]
    if missing:
        return f"has no feature {listed(missing)}"
    return _bad_image(example, image)


def _bad_image(example: dict[str, Values | None], image: str | None) -> str:
    if image is None:
        return ""
    encoded, listed_format = example.get(image), example.get("image/format")
    if encoded is None or not encoded.data:
        return "has no image"
    try:
        header = read_header(encoded.data[0])
    except HeaderError as error:
        return f"has an image that cannot be used: {error}"
    if listed_format is not None and listed_format.data != (header.format.encode(),):
        return f"has a {header.format} image that is listed as another format"
    return ""
