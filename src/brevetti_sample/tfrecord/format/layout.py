"""Where the parts of an image's record stand, from their sizes alone.

    0        12        features          image         after            footer   end
    | frame  | example | features before | bytes of    | features after | frame  |
    | header | header  | the image       | the image   | the image      | footer |

The example header holds the size of all features in as many bytes as that number needs: what comes
after the image decides where the image begins. Offsets are from the record's first byte.
"""

from __future__ import annotations

from typing import NamedTuple

from .framing import FOOTER_BYTES, HEADER_BYTES, frame_header
from .wire import example_header

EXAMPLE = HEADER_BYTES
"""The offset of the example header."""


class Layout(NamedTuple):
    """The offsets of a record's parts; each part ends where the next begins. Made by `layout`.

    A dataclass would be as frozen, but takes three times as long to make.

    Attributes:
        features: of the features before the image, with the header of the image's own feature.
        image: of the image.
        after: of the features after the image.
        footer: of the frame's footer.
        end: of the next record.
    """

    features: int
    image: int
    after: int
    footer: int
    end: int

    def opening(self) -> bytes:
        r"""The headers of the frame and of the example.

        Example:
            >>> layout(before=20, image=100, after=8).opening()[12:]
            b'\n\x80\x01'
        """
        features = self.footer - self.features
        return frame_header(self.footer - EXAMPLE) + example_header(features)


def layout(before: int, image: int, after: int) -> Layout:
    """Lay out a record.

    Args:
        before: the bytes of the features before the image, with the header of the image's own.
        image: the bytes of the image.
        after: the bytes of the features after the image.

    Example:
        >>> layout(before=20, image=100, after=8)
        Layout(features=15, image=35, after=135, footer=143, end=147)
    """
    features = EXAMPLE + len(example_header(before + image + after))
    start = features + before
    stop = start + image
    footer = stop + after
    return Layout(features, start, stop, footer, footer + FOOTER_BYTES)
