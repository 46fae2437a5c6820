"""Draw samples from an imbalanced data set with controlled frequency, reproducibly.

The command line is `brevetti-sample`; this is the same as a library:

    >>> import brevetti_sample as bs
    >>> manifest = bs.bundled_manifest()
    >>> plan = bs.make_plan(manifest, groupby="folder", weighting="square root", seed=1)
    >>> [len(draws) for draws in bs.draw(plan, manifest, stop=180)]
    [180]
"""

import lazy_loader

# Nothing is imported before it is used: `--help` must not pay for Arrow.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"

del lazy_loader
