"""The report in a real browser: a headless Chromium."""

from __future__ import annotations

import io

import pytest
from PIL import Image

import brevetti_sample as bs
from brevetti_sample.messages import printable
from support.chromium import MISSING, PROGRAMS, opened
from support.pages import HOSTILE, manifest_of, many_groups
from support.program import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("chromium"),
    pytest.mark.skipif(not all(PROGRAMS), reason=MISSING),
]

PARTS = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
COUNT = "return document.querySelectorAll(arguments[0]).length"
# Pairs of labels of one axis whose boxes share some place.
OVERLAPS = """
const found = [];
for (const axis of document.querySelectorAll(".role-axis-label")) {
  const boxes = [...axis.querySelectorAll("text")]
    .filter((text) => getComputedStyle(text).opacity !== "0" && text.textContent)
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  boxes.forEach(([name, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
      found.push([name, other]);
    }
  }));
}
return found;
"""

# The width of the longest name of a group beside a chart, as a part of the chart's.
WIDEST = """
const chart = document.querySelector(arguments[0]);
const widths = [...chart.querySelectorAll(".role-axis-label text")]
  .map((text) => text.getBoundingClientRect().width);
return Math.max(...widths) / chart.clientWidth;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The paths of pages, by the number of groups; "digits" has images."""
    folder = tmp_path_factory.mktemp("pages")
    for count in (1, 3, 29, 3000):
        manifest = (
            many_groups(count) if count > 3 else manifest_of({"good": 146, "bad": 22, "x": 12})
        )
        plan = bs.make_plan(manifest, "group" if count > 1 else None, "square root", seed=1)
        html = bs.make_report(plan, manifest, command="brevetti-sample report --seed 1")
        (folder / f"{count}.html").write_text(html)
    manifest = bs.read_manifest(ROOT / "sample_manifests" / "digits" / "manifest.csv")
    plan = bs.make_plan(manifest, "label", "square root", seed=1)
    html = bs.make_report(plan, manifest, image_column="path")
    (folder / "digits.html").write_text(html)
    return {int(p.stem) if p.stem.isdecimal() else p.stem: p for p in folder.glob("*.html")}


def marks(browser, chart, kind):
    return browser.run(COUNT, f"#{chart}-chart .mark-{kind}.role-mark path")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("count", [1, 3, 29, 3000, "digits"])
def test_the_charts_are_there_and_nothing_is_said_or_fetched(browser, pages, count, width, dark):
    browser.open(pages[count], width=width, dark=dark)
    assert browser.requests() == [pages[count].as_uri()]
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    groups = {"digits": 10, 3000: 20}.get(count, count)
    if count == 3000:  # on a logarithmic scale, two points a group
        assert marks(browser, "frequency", "symbol") == 40
        assert marks(browser, "overview", "symbol") == 3000
        assert marks(browser, "overview", "rect") == 1
    else:
        assert marks(browser, "frequency", "rect") == 2 * groups
        assert browser.run(COUNT, "#overview-chart svg") == 0
    assert marks(browser, "coverage", "rect") == groups
    assert marks(browser, "repeats", "rect") == groups
    draws = browser.run(
        "return JSON.parse(document.getElementById('data').textContent).strips.batches"
        ".reduce((sum, batch) => sum + batch.cells.length, 0)"
    )
    assert marks(browser, "strips", "rect") == draws > 100
    assert browser.run("return document.documentElement.scrollWidth") == width
    assert browser.run(OVERLAPS) == []
    assert browser.run(WIDEST, "#frequency-chart") < 0.4
    assert browser.messages() == []


def test_names_are_text_in_the_browser_too(browser, pages):
    browser.open(pages[29])
    harmless = [printable(name) for name in HOSTILE]
    shown = browser.run(PARTS, "#numbers tbody th")
    assert shown[: len(HOSTILE)] == harmless
    labels = browser.run(PARTS, "#frequency-chart .role-axis-label text")
    for name in harmless:
        assert name in labels or any(name.startswith(label[:-1]) for label in labels)
    assert browser.run(COUNT, "script") == 3
    assert browser.run(COUNT, "img, iframe, main script") == 0
    for place in range(len(HOSTILE)):
        bars = "#frequency-chart .mark-rect.role-mark path"
        point = browser.run(
            "const path = document.querySelectorAll(arguments[0])[arguments[1]];"
            "path.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const box = path.getBoundingClientRect(); return [box.left + 2, box.top + 3]",
            *(bars, 2 * place),
        )
        browser.command("Input.dispatchMouseEvent", type="mouseMoved", x=point[0], y=point[1])
        browser.wait("document.querySelector('#vg-tooltip-element.visible')")
        browser.settle()
        tip = browser.run(
            "return document.querySelector('#vg-tooltip-element td.value').textContent"
        )
        assert tip == harmless[place]
    assert browser.run(COUNT, "#vg-tooltip-element img") == 0
    assert browser.messages() == []


def press(browser, *keys):
    from selenium.webdriver import ActionChains

    for key in keys:
        ActionChains(browser.driver).send_keys(key).perform()
        browser.settle()


FOCUS = """
const e = document.activeElement;
return [e.id || e.name || e.dataset.step || e.dataset.column || e.dataset.key || e.className
  || e.getAttribute("aria-label") || e.type || e.tagName, getComputedStyle(e).outlineStyle];
"""


def test_all_controls_are_reached_with_the_tab_key_and_show_that_they_are(browser, pages):
    from selenium.webdriver import Keys

    browser.open(pages[3000])
    browser.run("document.body.focus()")
    reached = []
    while "copy" not in reached and len(reached) < 60:
        press(browser, Keys.TAB)
        name, outline = browser.run(FOCUS)
        assert outline == "solid", name
        reached.append(name)
    links = ["skip", "skip", "A", "A", "A", "A", "A"]
    window = ["search", "range", "1", "SUMMARY", "range", "1"]
    columns = [
        *("rows", "row_share", "weight", "share", "expected", "drawn", "difference"),
        *("draws_per_row", "never_drawn"),
    ]
    assert reached == [*links, "scale", *window, "scroll tall", "0", *columns, "Command", "copy"]


def test_the_keyboard_moves_finds_and_sorts(browser, pages):
    from selenium.webdriver import Keys

    browser.open(pages[3000])

    def focus(selector):
        browser.run("document.querySelector(arguments[0]).focus()", selector)

    def labels():
        return browser.run(PARTS, "#coverage-chart .role-axis-label text")

    focus("#find [data-step='1']")
    press(browser, Keys.ENTER)
    browser.wait("document.querySelector('#find output').textContent === '21 to 40 of 3,000'")
    browser.settle()
    assert "group 0020" in labels()
    focus("#coverage [type=range]")
    press(browser, Keys.END)
    browser.wait("document.querySelector('#find output').textContent === '2,981 to 3,000 of 3,000'")
    focus("#find [type=search]")
    press(browser, *"0 1234")
    browser.wait("!document.getElementById('none').hidden")
    press(browser, *[Keys.BACKSPACE] * 6, *"group 123")
    browser.wait("document.querySelector('#find output').textContent === '1 to 10 of 10'")
    browser.settle()
    assert [name for name in labels() if name.startswith("group")] == [
        f"group 123{digit}" for digit in range(10)
    ]
    focus("[name=scale]:checked")
    press(browser, Keys.ARROW_LEFT)
    browser.settle()
    assert marks(browser, "frequency", "rect") == 20
    first = "return document.querySelector('#numbers tbody th').textContent"
    order = "return document.querySelector('#numbers [aria-sort]').textContent"
    assert browser.run(first) == printable(HOSTILE[0])
    focus("[data-column=rows]")
    press(browser, Keys.ENTER)
    assert browser.run(first) == "group 1500"
    focus("[data-key='0']")
    press(browser, Keys.ENTER, Keys.ENTER)
    assert (browser.run(first), browser.run(order)) == ("two\\nlines\\r", "group")
    focus("#copy")
    press(browser, Keys.ENTER)
    browser.wait("document.getElementById('copy').textContent === 'Copied' || getSelection() + ''")
    focus(".skip[href='#table']")
    press(browser, Keys.ENTER)
    assert browser.run("return location.hash") == "#table"
    assert browser.messages() == []


def test_a_click_on_the_overview_moves_what_is_shown(browser, pages):
    browser.open(pages[3000])
    box = browser.run(
        "const e = document.querySelector('#overview-chart svg');"
        "e.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const b = e.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]"
    )
    mouse = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
    for kind in ("mousePressed", "mouseReleased"):
        browser.command("Input.dispatchMouseEvent", type=kind, **mouse)
    browser.wait("document.querySelector('#find output').textContent.startsWith('1,4')")


def test_light_and_dark_have_colours_of_their_own_and_enough_contrast(browser, pages):
    contrast = """
    const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = (e, name) => {
      const [r, g, b] = getComputedStyle(e)[name].match(/[0-9.]+/g).map(Number).map(channel);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const back = light(document.querySelector("section"), "backgroundColor");
    const ratio = (e, name) => {
      const front = light(e, name);
      return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    };
    const all = (selector) => [...document.querySelectorAll(selector)];
    return [
      Math.min(...all("p, dt, dd, small, th, td, a, label, li, text").filter((e) => e.closest("section, .facts"))
        .map((e) => ratio(e, e.tagName === "text" ? "fill" : "color"))),
      Math.min(...all("#frequency-chart .mark-rect path, #strips-chart .mark-rect path").map((e) => ratio(e, "fill"))),
      back,
    ];
    """
    browser.open(pages["digits"])
    text, fill, light = browser.run(contrast)
    assert text >= 4.5
    assert fill >= 3
    browser.open(pages["digits"], dark=True)
    text, fill, dark = browser.run(contrast)
    assert text >= 4.5
    assert fill >= 3
    assert dark < 0.05 < 0.9 < light


def test_the_images_are_shown(browser, pages):
    browser.open(pages["digits"])
    sides = "return [...document.images].map((e) => [e.complete, e.naturalWidth, e.naturalHeight])"
    assert browser.run(sides) == [[True, 8, 8]] * 64


def test_without_scripts_the_numbers_are_there(browser, pages):
    browser.open(pages[3], scripts=False)
    html = browser.driver.page_source
    browser.command("Emulation.setScriptExecutionDisabled", value=False)
    assert "The charts need scripts" in html
    assert ">59.71%<" in html


def species():
    """A manifest of 3,000 groups, the sizes of which fall off as those of species do."""
    return manifest_of({f"species {n:04d}": max(1, 20_000 // n) for n in range(1, 3001)})


@pytest.mark.parametrize(
    "name, source, groupby, options, width, height, dark",
    [
        ("report.png", "neurips_2018_reduced.csv", "folder", {}, 1280, 1290, False),
        ("report-groups.png", species, "group", {}, 1280, 1130, True),
        (
            "report-images.png",
            "digits/manifest.csv",
            "label",
            {"image_column": "path"},
            390,
            844,
            False,
        ),
    ],
)
def test_the_screenshots_of_the_docs_can_be_taken(
    browser, request, tmp_path, monkeypatch, name, source, groupby, options, width, height, dark
):
    monkeypatch.chdir(ROOT)
    manifest = source() if callable(source) else bs.read_manifest(f"sample_manifests/{source}")
    plan = bs.make_plan(manifest, groupby, "square root", seed=1)
    page = tmp_path / "page.html"
    page.write_text(bs.make_report(plan, manifest, **options))
    browser.open(page, width=width, dark=dark)
    top = browser.run("return document.getElementById('images')?.offsetTop ?? 0")
    kept = ROOT / "docs" / "images" / name
    with Image.open(io.BytesIO(browser.picture(top, height))) as picture:
        small = picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128)
    small.save(f"{request.config.getoption('--screenshots') or tmp_path}/{name}", optimize=True)
    with Image.open(kept) as before:
        assert before.size == small.size
    assert kept.stat().st_size < 150_000
