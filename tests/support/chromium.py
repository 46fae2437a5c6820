"""A headless Chromium, to look at pages with."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import time
from pathlib import Path

PROGRAMS = [shutil.which("chromium"), shutil.which("chromedriver")]
MISSING = "Chromium and its driver are not there: apt-get install chromium chromium-driver"
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--force-color-profile=srgb", "--disable-dev-shm-usage"),
)


class Browser:
    """A browser with one page open.

    Attributes:
        driver: Selenium's.
    """

    def __init__(self, driver) -> None:
        self.driver = driver

    def command(self, name, **parameters):
        """Send a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script, *arguments):
        """Run the body of a function in the page, and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def size(self, width, height=900):
        """Make the window so large, and wait until the page has followed."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.settle()

    def open(self, path: Path, *, width=1280, dark=False, scripts=True):
        """Open a page, and wait until its charts are drawn."""
        self.driver.get("about:blank")
        self.messages()
        self.requests()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])
        self.size(width)
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.driver.get(path.as_uri())
        if scripts:
            self.wait("document.documentElement.dataset.drawn === 'yes'")
            self.settle()

    def wait(self, condition, seconds=30.0):
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"return {condition}"):
            assert time.monotonic() < end, f"never: {condition}; {self.messages()}"
            time.sleep(0.02)

    def settle(self):
        """Wait until what was asked for has been drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done), 50))"
        )

    def messages(self):
        """What the console has said since it was last asked."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """The addresses that have been asked for since this was last asked, but for ``data:``."""
        events = (json.loads(e["message"])["message"] for e in self.driver.get_log("performance"))
        asked = (e["params"] for e in events if e["method"] == "Network.requestWillBeSent")
        addresses = [event["request"]["url"] for event in asked]
        return [address for address in addresses if not address.startswith("data:")]

    def picture(self, top, height):
        """A picture of a part of the page, as wide as the window: PNG."""
        width = self.run("return innerWidth")
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        answer = self.command(
            "Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True
        )
        return base64.b64decode(answer["data"])


@contextlib.contextmanager
def opened(folder: Path):
    """Start Chromium with a profile in a folder, and end it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = PROGRAMS[0]
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(PROGRAMS[1]))
    driver.set_script_timeout(30)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
