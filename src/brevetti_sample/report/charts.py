"""The charting library: Vega-Lite, as JavaScript that a page can hold."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache

from brevetti_sample.errors import OutputError
from brevetti_sample.processes.child import output_of


@dataclass(frozen=True)
class Script:
    """A script inside of a page.

    Attributes:
        text: the JavaScript.

    Example:
        >>> Script("a < b").source
        "'sha256-7+Hlx2Vr8LqQcasoFPqn2AmTTgoMPYgL6CInd4G5SiI='"
    """

    text: str

    @property
    def source(self) -> str:
        """What a Content-Security-Policy allows this text, and no other, by."""
        digest = hashlib.sha256(self.text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def vega_script() -> Script:
    """Vega, Vega-Lite and Vega-Embed as a module script, which sets ``window.vegaEmbed``."""
    # It takes a second, in which no thread of its process runs, nor anything that handles signals.
    program = (
        "import os, vl_convert; text = vl_convert.javascript_bundle("
        f"'window.vegaEmbed = vegaEmbed;', {_vega_lite()!a}).encode(); "
        "os.fdopen(1, 'wb').write(text)"
    )
    try:
        text = output_of(program).decode()
    except ChildProcessError as error:
        raise OutputError(
            "the process that makes the script of the charts was ended",
            advice="allow it more memory, with ulimit -v",
        ) from error
    return Script(text.replace("</script", "<\\/script"))  # it would end the element


def vega_versions() -> str:
    """The versions of the libraries, for the page to name.

    Example:
        >>> vega_versions().startswith("Vega-Lite ")
        True
    """
    import vl_convert

    return f"Vega-Lite {_vega_lite()}, Vega {vl_convert.get_vega_version()}"


def _vega_lite() -> str:
    """The newest version that there is."""
    import vl_convert

    return str(vl_convert.get_vegalite_versions()[-1])
