"""The pages of reports, taken apart, and the manifests that they are made of."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa

import brevetti_sample as bs

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--",
    "\"'><img src=x onerror=alert(3)>",
    "{{ 7 * 7 }}{% raw %}",
    "two\nlines\r",
    "\x1b[31m\x07",
    "\u202egnp.exe\u2028",
    "&amp;",
    "datum.k",
    f"long/{'x' * 300}",
]


class Page(HTMLParser):
    """A page, taken apart.

    Attributes:
        elements: (tag, attributes) of each element.
        texts: for each tag, the text of its elements.
        data: what the scripts read.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)
        [data] = [
            text
            for text, (_, attributes) in zip(
                self.texts["script"], (e for e in self.elements if e[0] == "script"), strict=True
            )
            if attributes.get("id") == "data"
        ]
        self.data = json.loads(data)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "input", "br"):
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def attributes(self, name: str) -> list[str]:
        """The values of an attribute, of all elements."""
        return [value or "" for _, attributes in self.elements if (value := attributes.get(name))]

    def rows(self) -> list[list[str]]:
        """The cells of the table of numbers, row by row."""
        body = self.html.partition('<table id="numbers">')[2].partition("</table>")[0]
        return [Page.cells(line) for line in body.splitlines() if line.startswith("<tr><th")]

    @staticmethod
    def cells(line: str) -> list[str]:
        """The texts of the cells of one row."""
        cells: list[str] = []

        class Row(HTMLParser):
            def handle_starttag(self, tag, attrs):
                if tag in ("th", "td"):
                    cells.append("")

            def handle_data(self, data):
                cells[-1] += data

        Row().feed(line)
        return cells


def page(*arguments, **keywords) -> Page:
    """Make a report, and take it apart."""
    return Page(bs.make_report(*arguments, **keywords))


def manifest_of(sizes: dict[str, int]) -> bs.Manifest:
    """A manifest with so many rows of each group."""
    codes = np.repeat(np.arange(len(sizes)), list(sizes.values()))
    return bs.read_manifest(pa.table({"group": pa.array(list(sizes)).take(pa.array(codes))}))


def many_groups(count: int) -> bs.Manifest:
    """A manifest of groups with 3,000, 1,500, 1,000 ... rows, the first of them hostile names."""
    names = [*HOSTILE, *(f"group {number:04d}" for number in range(len(HOSTILE), count))]
    return manifest_of({name: max(1, 3000 // (i + 1)) for i, name in enumerate(names[:count])})
