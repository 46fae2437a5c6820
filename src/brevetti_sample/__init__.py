"""Draw samples from an imbalanced data set with controlled frequency, reproducibly.

The command line is `brevetti-sample`; this is the same as a library:

    >>> import brevetti_sample as bs
    >>> manifest = bs.bundled_manifest()
    >>> plan = bs.make_plan(manifest, groupby="folder", weighting="square root", seed=1)
    >>> [len(draws) for draws in bs.draw(plan, manifest, stop=180)]
    [180]
"""

from brevetti_sample.processes.guard import guard_session

__version__ = "0.1.0"

guard_session()


def __getattr__(name: str) -> object:
    """Load a public name, on its first use: `--help` must not pay for Arrow."""
    _attach()
    return globals()[name] if name == "__all__" else globals()["__getattr__"](name)


def __dir__() -> list[str]:
    """List the public names."""
    _attach()
    return list(globals()["__all__"])


def _attach() -> None:
    # Not above, where a program of ours may still import from the working directory.
    import lazy_loader

    ours = lazy_loader.attach_stub(__name__, __file__)
    globals().update(zip(("__getattr__", "__dir__", "__all__"), ours, strict=True))
