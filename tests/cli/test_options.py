"""One declaration an option: what derives from it, and how errors spell it."""

from __future__ import annotations

import dataclasses
from unittest import mock

import pytest
from typer.main import get_command

from brevetti_sample.cli.commands.split import Splitting
from brevetti_sample.cli.lazy_group import COMMANDS
from brevetti_sample.cli.options.declaration import filled, options_of, written
from brevetti_sample.cli.options.export import Records, Shards
from brevetti_sample.cli.options.sampling import Range, Sampling, Source
from brevetti_sample.cli.options.spelling import as_option, spelling_of
from brevetti_sample.cli.program import app
from brevetti_sample.errors import OutputError, UsageError, argument


def test_what_holds_without_an_option_is_filled_in():
    assert filled(Sampling()) == {
        "groupby": None,
        "weighting": "uniform",
        "weights": None,
        "seed": 0,
        "stream": "stratified",
        "shuffle": True,
        "repeat": True,
        "batch_size": 32,
        "split_column": None,
        "train": "train",
        "plan": None,
    }
    given = filled(Sampling(seed=3, shuffle=False, repeat=2))
    assert (given["seed"], given["shuffle"], given["repeat"]) == (3, False, 2)


def test_options_are_written_as_they_would_be_given():
    options = Sampling(groupby=["a", "b"], seed=-1, shuffle=True, repeat=True, batch_size=4)
    assert list(written(options)) == [
        ("--groupby", "a"),
        ("--groupby", "b"),
        ("--seed", "-1"),
        ("--shuffle", None),
        ("--repeat", "endless"),
        ("--batch-size", "4"),
    ]
    assert list(written(Range(start=0))) == []
    assert list(written(Records(sha256=False))) == [("--no-sha256", None)]


def test_options_are_frozen_and_refuse_what_excludes_each_other():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Range().start = 1
    with pytest.raises(UsageError, match="--groupby and --seed: the plan fixes this"):
        Sampling(groupby=["a"], seed=1, plan="p.json")
    with pytest.raises(UsageError, match="give one of --draws and --epochs"):
        Range(draws=1, epochs=1)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_of_a_command_but_the_help_is_declared(name):
    command = get_command(app).commands[name]
    assert [parameter.name for parameter in command.params] == list(command.options)
    for parameter in command.params:
        declared = command.options[parameter.name]
        if parameter.param_type_name == "option":
            assert parameter.opts == [declared.flag, *filter(None, [declared.short])]
            assert parameter.secondary_opts == [*filter(None, [declared.off])]


@pytest.mark.parametrize(
    ("options", "given", "parameter", "value", "expected"),
    [
        (Sampling, {}, "batch_size", None, "--batch-size"),
        (Sampling, {}, "batch_size", "4", "--batch-size 4"),
        (Sampling, {}, "weighting", "'square root'", "--weighting 'square root'"),
        (Sampling, {"weights": "a=1"}, "weighting", None, "--weights"),
        (Source, {}, "manifest", None, "MANIFEST"),
        (Source, {}, "source", None, "MANIFEST"),
        (Shards, {}, "folder", None, "--output"),
        (Shards, {}, "shard_bytes", None, "--shard-size"),
        (Shards, {}, "overwrite", "True", "--overwrite"),
        (Records, {}, "sha256", "False", "--no-sha256"),
        (Splitting, {}, "column", None, "--purpose-column"),
        (Splitting, {}, "other_name", "1", "--other-name 1"),
    ],
)
def test_a_parameter_of_the_library_is_spelled_as_the_option(
    options, given, parameter, value, expected
):
    assert spelling_of(options_of(options), given)(parameter, value) == expected


def test_an_error_is_spelled_by_the_options_of_the_command_that_raised_it(run, monkeypatch):
    def refused(*arguments, **options):
        advice = f"choose another {argument('folder')}, or pass {argument('overwrite', True)}"
        raise OutputError("holds another export", path=arguments[0], advice=advice)

    monkeypatch.setattr("brevetti_sample.tfrecord.verify.verify.verify_export", refused)
    result = run("verify", "out")
    assert (result.code, result.err) == (
        5,
        "error: 'out' holds another export; choose another DIR, or pass --overwrite\n",
    )


def test_an_error_about_a_configured_value_names_its_origin(run, tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / "brevetti-sample.toml").write_text("seed = 5\nmanifest = 'm.csv'\ngroupby = 'g'\n")
    (tmp_path / "m.csv").write_text("g\n1\n")
    monkeypatch.chdir(tmp_path)
    for error, expected in (
        (UsageError("is bad", parameter="seed"), "--seed is bad (seed of brevetti-sample.toml:1)"),
        (
            UsageError("is bad", parameter="batch_size"),
            "--batch-size is bad",
        ),
        (
            UsageError(f"{argument('seed')} excludes {argument('groupby')}"),
            "--seed excludes --groupby "
            "(groupby of brevetti-sample.toml:3, seed of brevetti-sample.toml:1)",
        ),
        (
            UsageError("is bad", path="m.csv", column="g"),
            "'m.csv', column 'g' is bad "
            "(manifest of brevetti-sample.toml:2, groupby of brevetti-sample.toml:3)",
        ),
        (OutputError("is bad", parameter="seed"), "--seed is bad"),
    ):
        refused = mock.Mock(side_effect=error)
        monkeypatch.setattr("brevetti_sample.streams.planning.make_plan", refused)
        assert run("stats", "-q").err == f"error: {expected}\n"


def test_outside_of_commands_parameters_follow_the_rule():
    assert UsageError("is bad", parameter="max_pixels").text(as_option) == "--max-pixels is bad"
