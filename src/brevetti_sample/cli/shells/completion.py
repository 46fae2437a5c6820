"""What can stand at the cursor: commands, options, their values, and columns of the manifest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from brevetti_sample.cli.options.declaration import COLUMN, COLUMNS, Option


@dataclass(frozen=True)
class Choice:
    """A text that can stand at the cursor, and what it means."""

    text: str
    help: str = ""


def choices(group: Any, words: Sequence[str], prefix: str) -> list[Choice]:
    """Find what can complete a command line.

    Args:
        group: the group of all commands.
        words: those after the program's name, before the one at the cursor.
        prefix: the word at the cursor, as far as it is written.

    Returns:
        The choices that begin so, as complete words; none where a path is wanted, or any text.
    """
    context = group.make_context("brevetti-sample", [], resilient_parsing=True)
    index = next((i for i, word in enumerate(words) if not word.startswith("-")), None)
    if index is None:
        if prefix.startswith("-"):
            return _options(group.get_params(context), prefix, set())
        names = [name for name in group.list_commands(context) if name.startswith(prefix)]
        return [
            Choice(name, _first_sentence(group.get_command(context, name).help)) for name in names
        ]
    command = group.get_command(context, words[index])
    if command is None:
        return []
    inner = command.make_context(words[index], [], parent=context, resilient_parsing=True)
    line = _Line(command.get_params(inner))
    for word in words[index + 1 :]:
        line.read(word)
    if line.waiting is not None:
        return list(_values(command.options.get(line.waiting.name), prefix, line.arguments))
    if prefix.startswith("-") and not line.only_arguments:
        name, equals, value = prefix.partition("=")
        if not equals:
            return _options(line.parameters, prefix, line.used)
        parameter = line.by_option.get(name)
        option = command.options.get(parameter.name) if parameter else None
        found = _values(option, value, line.arguments)
        return [Choice(f"{name}={choice.text}", choice.help) for choice in found]
    return []


@dataclass
class _Line:
    """A command line, read word by word, of which anything may be wrong."""

    parameters: Sequence[Any]
    arguments: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    waiting: Any = None  # the option whose value comes next
    only_arguments: bool = False

    def __post_init__(self) -> None:
        self.by_option = {
            option: parameter
            for parameter in self.parameters
            if parameter.param_type_name == "option"
            for option in (*parameter.opts, *parameter.secondary_opts)
        }

    def read(self, word: str) -> None:
        if self.waiting is not None:
            self.waiting = None
        elif self.only_arguments or not word.startswith("-") or word == "-":
            self.arguments.append(word)
        elif word == "--":
            self.only_arguments = True
        elif word.startswith("--"):
            name, equals, _ = word.partition("=")
            self._take(name, has_value=bool(equals))
        else:
            for number, letter in enumerate(word[1:], 1):
                self._take(f"-{letter}", has_value=number + 1 < len(word))
                if self.waiting is not None or not self._is_flag(f"-{letter}"):
                    break

    def _is_flag(self, option: str) -> bool:
        parameter = self.by_option.get(option)
        return parameter is None or parameter.is_flag

    def _take(self, option: str, *, has_value: bool) -> None:
        parameter = self.by_option.get(option)
        if parameter is None:
            return
        if not parameter.multiple:
            self.used.add(parameter.name)
        if not parameter.is_flag and not has_value:
            self.waiting = parameter


def _options(parameters: Sequence[Any], prefix: str, used: set[str]) -> list[Choice]:
    return [
        Choice(option, _first_sentence(parameter.help))
        for parameter in parameters
        if parameter.param_type_name == "option" and parameter.name not in used
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith(prefix)
    ]


def _first_sentence(text: str | None) -> str:
    lines = (text or "").partition("\n\n")[0]
    return " ".join(lines.partition(". ")[0].split()).rstrip(".")


def _values(option: Option | None, prefix: str, arguments: Sequence[str]) -> Iterator[Choice]:
    """The values of an option: its choices, or columns of the manifest."""
    if option is None:
        return
    values: Sequence[str] = option.choices
    if option.metavar == COLUMN:
        values = _columns(arguments)
    elif option.metavar == COLUMNS:
        before, comma, _ = prefix.rpartition(",")
        named = set(before.split(","))
        values = [f"{before}{comma}{name}" for name in _columns(arguments) if name not in named]
    yield from (Choice(value) for value in dict.fromkeys(values) if value.startswith(prefix))


def _columns(arguments: Sequence[str]) -> list[str]:
    """The columns of the manifest that was named, or is configured, or is bundled."""
    from brevetti_sample.manifests.discovery import START_BYTES, expand, kind_of

    sources = arguments or _configured()
    if not sources:
        from brevetti_sample.manifests.manifest import bundled_manifest

        return bundled_manifest().columns
    path = expand(os.path.expanduser(sources[0]))[0]
    if not os.path.isfile(path):  # a named pipe would wait for what writes to it
        return []
    with open(path, "rb") as stream:
        start = stream.read(START_BYTES)
    if kind_of(path, start) != ("csv", None):
        from brevetti_sample.manifests.manifest import read_manifest

        return [name for name in read_manifest(path).columns if name]
    from brevetti_sample.manifests.readers.csv_lines import header

    with open(path, encoding="utf-8-sig", newline="") as text:
        return [name for name in header(text)[1] if name]


def _configured() -> list[str]:
    from brevetti_sample.cli.options.config_file import read_configuration

    setting = read_configuration().settings.get("manifest")
    return setting.value if setting else []
