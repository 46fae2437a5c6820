"""`python -m brevetti_sample` is `brevetti-sample`."""

from .cli.main import run

run()
