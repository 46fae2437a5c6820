"""`python -m brevetti_sample` is `brevetti-sample`."""

from brevetti_sample.cli.main import run

run()
