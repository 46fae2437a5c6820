"""Draw the picture of the weightings: `python docs/make_pictures.py`."""

from __future__ import annotations

from pathlib import Path

import vl_convert

import brevetti_sample as bs

_DOCS = Path(__file__).parent
_DIGITS = _DOCS.parent / "sample_manifests" / "digits" / "manifest.csv"
_RULES = ("count", "square root", "logx+1", "log", "uniform")


def main() -> None:
    """Write the share that each weighting gives to each digit."""
    grouping = bs.group_rows(bs.read_manifest(_DIGITS), "label")
    values = []
    for rule in _RULES:
        plan = bs.make_plan(grouping, weighting=rule)
        for (digit,), rows, weight in zip(plan.keys, plan.sizes, plan.weights, strict=True):
            group = f"{digit}: {rows} rows"
            values.append({"group": group, "weighting": rule, "share": weight / plan.total})
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 560,
        "height": 260,
        "background": "white",
        "data": {"values": [{**v, "share": float(v["share"])} for v in values]},
        "mark": {"type": "line", "point": {"size": 45}, "strokeWidth": 2.5},
        "encoding": {
            "x": {
                "field": "group",
                "type": "ordinal",
                "sort": None,
                "title": None,
                "axis": {"labelAngle": -35},
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": "share of the draws",
                "axis": {"format": "%"},
            },
            "color": {
                "field": "weighting",
                "type": "nominal",
                "sort": _RULES,
                "title": "weighting",
                # Okabe and Ito's colours, which are told apart with any colour vision.
                "scale": {"range": ["#000000", "#d55e00", "#009e73", "#56b4e9", "#0072b2"]},
            },
            "shape": {
                "field": "weighting",
                "type": "nominal",
                "sort": _RULES,
                "title": "weighting",
            },
        },
        "config": {"axis": {"labelFontSize": 11, "titleFontSize": 12}},
    }
    (_DOCS / "images" / "weighting.svg").write_text(vl_convert.vegalite_to_svg(chart) + "\n")


if __name__ == "__main__":
    main()
