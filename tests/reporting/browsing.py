"""A page in a real Chromium, and what a reader can do with it."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)

CONTRASTS = """
const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
const luminance = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const ground = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor);
    if (colour[3] === 1) return colour;
  }
  return [255, 255, 255, 1];
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const text = walker.currentNode.textContent.trim();
  if (!text || element.closest("script, style, noscript") || !element.getClientRects().length) continue;
  const a = luminance(parse(getComputedStyle(element).color)), b = luminance(ground(element));
  found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), text]);
}
return found;
"""

CUT_OFF = """
const cut = (e) => {
  const style = getComputedStyle(e);
  const hides = style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1
    || style.overflowY !== "visible" && e.scrollHeight > e.clientHeight + 1;
  return hides || e.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
};
return [...document.body.querySelectorAll("*")]
  .filter((e) => e.getClientRects().length && !e.closest("svg, .unseen, .skip") && cut(e))
  .map((e) => e.outerHTML.slice(0, 100));
"""

AXE = """
const done = arguments[0];
axe.run(document, {resultTypes: ["violations"]}).then((found) => done({
  passes: found.passes.length,
  violations: found.violations.map((one) => [one.help, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 150))]),
}), (error) => done(String(error)));
"""


class Page:
    """A page opened from disk, and what a reader can do with it."""

    def __init__(self, driver: Chrome, path: Path) -> None:
        self.driver = driver
        self.path = path

    def open(
        self,
        *,
        width: int = 1280,
        dark: bool = False,
        still: bool = True,
        fragment: str = "",
        ready: str = "document.querySelector('[data-ready]') !== null",
    ) -> None:
        self.driver.get("about:blank")
        self.resize(width)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(self.path.as_uri() + fragment)
        self.wait(f"return {ready}")

    def resize(self, width: int) -> None:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: str) -> None:
        WebDriverWait(self.driver, 15, poll_frequency=0.05).until(lambda _: self.run(condition))

    @property
    def frame(self) -> int:
        return int(self.run("return document.querySelector('.trial:not([hidden]) input[type=range]').value"))

    def press(self, *keys: str) -> None:
        self.run("document.querySelector('.trial:not([hidden])').focus()")
        self.driver.switch_to.active_element.send_keys(*keys)

    def scrub(self, frame: int) -> None:
        self.run(
            "const r = document.querySelector('.trial:not([hidden]) input[type=range]');"
            "r.value = arguments[0]; r.dispatchEvent(new Event('input', {bubbles: true}))",
            frame,
        )

    def pixels(self, canvas: str) -> np.ndarray:
        """Height, width and red, green, blue, alpha of a canvas of the open trial."""
        height, width, values = self.run(
            "const c = document.querySelector(`.trial:not([hidden]) canvas[data-${arguments[0]}]`);"
            "return [c.height, c.width, [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]",
            canvas,
        )
        return np.array(values, np.uint8).reshape(height, width, 4)

    def complaints(self) -> list[str]:
        return [str(line["message"]) for line in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses asked for, other than the page itself and what is inside it."""
        events = [json.loads(line["message"])["message"] for line in self.driver.get_log("performance")]
        addresses = [
            event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"
        ]
        return [address for address in addresses if address != self.path.as_uri() and not address.startswith("data:")]

    def on_paper(self) -> None:
        """Lay the page out for paper of 19 cm between its margins."""
        self.resize(718)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})

    def cut_off(self) -> list[str]:
        """Elements that show less than they hold, or reach beyond the right edge of the page."""
        return list(self.run(CUT_OFF))

    def violations(self) -> list[str]:
        """What axe-core has against the page as it stands, closed details opened: each rule with its elements."""
        self.run("for (const d of document.querySelectorAll('details')) d.open = true")
        self.run(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
        told = self.driver.execute_async_script(AXE)
        assert told["passes"] > 15
        return [f"{rule}: {', '.join(places)}" for rule, places in told["violations"]]

    def check_contrasts(self, *, dark: bool, texts: int) -> None:
        """Check that the page is dark or light, and that its texts, more than so many, stand out from their ground."""
        ground = self.run("return getComputedStyle(document.body).backgroundColor")
        assert (sum(int(part) for part in ground[4:-1].split(",")) < 150) == dark
        self.run("for (const d of document.querySelectorAll('details')) d.open = true")
        contrasts = self.run(CONTRASTS)
        assert len(contrasts) > texts
        assert [line for line in contrasts if line[0] < 4.5] == []


@contextmanager
def browsing(path: Path) -> Iterator[Page]:
    """Yield the page in a browser; skips the test where there is none, and fails it where one is required."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver_path = shutil.which("chromedriver")
    if browser is None or driver_path is None:
        reason = "no Chromium with its chromedriver is installed, so the page was not opened in a browser"
        if os.environ.get("REVERIE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={path.parent / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(driver_path))
    try:
        driver.set_script_timeout(120)
        yield Page(driver, path)
    finally:
        driver.quit()
