"""Fixtures and the profiles of Hypothesis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.program import LISTING, Result

settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("default")

# TensorFlow logs much before there is anything to say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# All that imports TensorFlow runs in one process, for that takes longer than most tests.
TENSORFLOW = {
    "test_generator",
    "test_generator_errors",
    "test_legacy",
    "test_maps",
    "test_replay_tensorflow",
    *("data_generator", "decode", "drawn_samples", "image_generator", "legacy"),
    *("mapping", "maps", "pipeline", "prediction", "sampler", "string_tensors"),
}


def pytest_addoption(parser):
    parser.addoption("--screenshots", help="the folder to put the docs' screenshots in")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in TENSORFLOW or "tensorflow" in item.keywords:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("tensorflow"))


@pytest.fixture
def run(capfdbinary, monkeypatch):
    """Run the program inside this process, with nothing on standard input."""
    from brevetti_sample.cli.main import main

    monkeypatch.setenv("COLUMNS", "160")

    def call(*arguments) -> Result:
        capfdbinary.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        return Result(code, captured.out, captured.err.decode())

    return call


@pytest.fixture
def run_process():
    """Run the program in a process of its own."""

    def call(*arguments, **keywords) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "brevetti_sample", *map(str, arguments)],
            capture_output=True,
            check=False,
            env=os.environ | {"COLUMNS": "160", "PYTHONIOENCODING": "utf-8"},
            **({"stdin": subprocess.DEVNULL} | keywords),
        )
        return Result(done.returncode, done.stdout, done.stderr.decode())

    return call


@pytest.fixture
def listing() -> Path:
    """The path of the bottle listing as CSV."""
    return LISTING.with_suffix(".csv")
