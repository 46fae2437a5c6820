"""The errors of this project: one family, each with its exit code.

    SampleError               1  (never raised itself)
    ├── UsageError            2  an argument is wrong
    │   ├── ColumnError       2  a column that the manifest does not have
    │   └── WeightingError    2  a weighting that cannot be applied to the groups
    ├── ManifestError         3  a manifest that cannot be read, or is no table
    ├── PlanError             3  a plan that cannot be read, or does not fit the manifest
    ├── SampleFileError       4  a sample's file that cannot be read, or is no image
    ├── OutputError           5  the result could not be written
    ├── SkippedError          6  done, but for samples that were skipped
    └── DamageError           7  records, or a whole export, that are not as they were written

Each message is one line: what is wrong, where (file, column, row), and what to do. Those of codes
2 and 3 are also `ValueError`s.
"""

from __future__ import annotations


class SampleError(Exception):
    """Base of all errors that this project raises on purpose.

    Attributes:
        exit_code: what the command line exits with.
    """

    exit_code = 1


class UsageError(SampleError, ValueError):
    """An argument or option has a value that makes no sense."""

    exit_code = 2


class ColumnError(UsageError):
    """A column was named that the manifest does not have."""


class WeightingError(UsageError):
    """A weighting rule is unknown, or gives weights that cannot be used."""


class ManifestError(SampleError, ValueError):
    """The manifest is missing, damaged, empty, or no table."""

    exit_code = 3


class PlanError(SampleError, ValueError):
    """A saved plan is damaged, of another version, or of another manifest."""

    exit_code = 3


class SampleFileError(SampleError):
    """The file of a sample is missing, damaged, too large, or no image."""

    exit_code = 4


class OutputError(SampleError):
    """The result could not be written."""

    exit_code = 5


class SkippedError(SampleError):
    """All is written, but for samples that could not be read and were skipped, as was asked."""

    exit_code = 6


class DamageError(SampleError):
    """A TFRecord file, or an export of several, is not as it was written."""

    exit_code = 7
