"""The page in a real Chromium: it plays, scrubs, listens to the keyboard, and keeps its promises to every reader."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from reverie.report.content import RunContent
from reverie.report.page import write_page
from reverie.report.rasters import rasters

pytestmark = pytest.mark.browser

FRAMES = 120
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


class Page:
    """A page opened from disk, and what a reader can do with it."""

    def __init__(self, driver: Chrome, path: Path) -> None:
        self.driver = driver
        self.path = path

    def open(self, *, width: int = 1280, dark: bool = False, still: bool = True, fragment: str = "") -> None:
        self.driver.get("about:blank")
        self.resize(width)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(self.path.as_uri() + fragment)
        self.wait("return document.querySelector('[data-ready]') !== null")

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


@pytest.fixture(scope="module")
def content(make_run: Callable[..., RunContent]) -> RunContent:
    run = make_run(3, frames=FRAMES)
    unknown = replace(run.trials[2], animal="mouse <b>", truth=None, scores={"video_correlation": float("nan")})
    spread = np.abs(run.trials[0].reconstruction - 127.5)
    return replace(run, trials=[replace(run.trials[0], spread=spread), run.trials[1], unknown])


@pytest.fixture(scope="module")
def page(
    content: RunContent, make_run: Callable[..., RunContent], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver_path = shutil.which("chromedriver")
    if browser is None or driver_path is None:
        reason = "no Chromium with its chromedriver is installed, so the page was not opened in a browser"
        if os.environ.get("REVERIE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("page")
    write_page(folder / "report.html", content)
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(driver_path))
    try:
        yield Page(driver, folder / "report.html")
    finally:
        driver.quit()


def test_it_plays_when_in_view_and_stops(page: Page) -> None:
    page.open(still=False)
    page.run("document.querySelector('.player').scrollIntoView({behavior: 'instant'})")
    page.wait("return Number(document.querySelector('input[type=range]').value) > 3")
    page.press(Keys.SPACE)
    stopped = page.frame
    assert page.run("return document.querySelector('[data-do=play]').getAttribute('aria-label')") == "Play"
    page.wait("return new Promise((done) => setTimeout(() => done(true), 200))")
    assert page.frame == stopped
    assert page.complaints() == []


def test_it_keeps_time(page: Page) -> None:
    page.open()
    page.run("document.querySelector('.player').scrollIntoView({behavior: 'instant'})")
    frames, seconds = page.driver.execute_async_script(
        "const done = arguments[0], range = document.querySelector('input[type=range]');"
        "document.querySelector('[data-do=play]').click(); const start = performance.now();"
        "setTimeout(() => done([Number(range.value), (performance.now() - start) / 1000]), 1500)"
    )
    assert frames == pytest.approx(30 * seconds, abs=8)


def test_it_waits_where_motion_is_unwelcome(page: Page) -> None:
    page.open(still=True)
    page.run("document.querySelector('.player').scrollIntoView({behavior: 'instant'})")
    page.wait("return new Promise((done) => setTimeout(() => done(true), 300))")
    assert page.frame == 0


@pytest.mark.parametrize("frame", [0, 71, FRAMES - 1])
def test_canvases_show_exactly_the_frame_of_the_scrubber(page: Page, content: RunContent, frame: int) -> None:
    page.open()
    page.scrub(frame)
    trial = content.trials[0]
    assert trial.truth is not None
    truth, found = (np.floor(movie[frame] + 0.5) for movie in (trial.truth, trial.reconstruction))
    for name, levels in (("truth", truth), ("reconstruction", found)):
        shown = page.pixels(f"screen={name}")
        assert np.array_equal(shown[..., 0], levels)
        assert np.array_equal(shown[..., 0], shown[..., 2])
        assert (shown[..., 3] == 255).all()
    error = page.pixels("screen=error").astype(int)
    expected = np.floor(np.minimum(np.abs(found - truth), 75) / 75 * 255 + 0.5)
    assert np.array_equal(error[..., 3], expected)
    strong = expected > 100
    assert ((error[..., 0] > error[..., 2]) == (found > truth))[strong].all()
    text = page.run("return document.querySelector('.readout').textContent")
    assert f"frame {frame + 1} of {FRAMES}" in text
    assert f"{frame / 30:.2f}" in text


def test_rasters_are_drawn_on_a_common_scale(page: Page, content: RunContent) -> None:
    page.open()
    expected = rasters(content.trials[0])
    assert expected is not None
    for name, rows in expected.rows.items():
        ink = page.pixels(f"raster={name}")[..., 3]
        assert np.array_equal(ink, np.floor(np.minimum(rows / expected.top, 1) * 255 + 0.5))


def test_the_keyboard_moves_it(page: Page) -> None:
    page.open()
    for key, frame in (
        (Keys.ARROW_RIGHT, 1),
        (Keys.ARROW_RIGHT, 2),
        (Keys.SHIFT + Keys.ARROW_RIGHT, 32),
        (Keys.ARROW_LEFT, 31),
        (Keys.END, FRAMES - 1),
        (Keys.ARROW_RIGHT, FRAMES - 1),
        (Keys.HOME, 0),
    ):
        page.press(key)
        page.driver.switch_to.active_element.send_keys(Keys.NULL)
        assert page.frame == frame


def test_the_scrubber_has_its_own_keys(page: Page) -> None:
    page.open()
    scrubber = page.driver.find_element(By.CSS_SELECTOR, ".trial:not([hidden]) input[type=range]")
    scrubber.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.frame == 2
    assert "frame 3 of" in page.run("return document.querySelector('.readout').textContent")
    assert "frame 3 of" in scrubber.get_attribute("aria-valuetext")


def test_a_press_on_a_trace_seeks_and_the_needle_stands_there(page: Page) -> None:
    page.open()
    plot = page.driver.find_element(By.CSS_SELECTOR, ".trial:not([hidden]) .trace")
    page.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", plot)
    box = page.run("const b = arguments[0].getBoundingClientRect(); return [b.left, b.top, b.width, b.height]", plot)
    place = {"x": box[0] + box[2] * 0.75, "y": box[1] + box[3] / 2, "button": "left", "buttons": 1, "clickCount": 1}
    for kind in ("mousePressed", "mouseReleased"):
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, **place})
    assert page.frame == pytest.approx(0.75 * FRAMES, abs=1)
    left = page.run("return parseFloat(getComputedStyle(arguments[0], '::after').left)", plot)
    assert left == pytest.approx((page.frame + 0.5) / FRAMES * box[2], abs=1)


def test_one_trial_is_open_at_a_time(page: Page, content: RunContent) -> None:
    page.open()
    page.driver.find_element(By.CSS_SELECTOR, ".still[href='#trial-2']").click()
    page.wait("return document.querySelector('#trial-2[data-ready]') !== null")
    assert page.run("return document.querySelectorAll('.trial:not([hidden])').length") == 1
    assert page.run("return document.querySelectorAll('[data-ready]').length") == 1
    page.scrub(40)
    assert np.array_equal(
        page.pixels("screen=reconstruction")[..., 0], np.floor(content.trials[1].reconstruction[40] + 0.5)
    )
    page.driver.back()
    page.wait("return document.querySelector('#trial-1') !== null")


def test_an_unknown_truth_leaves_the_reconstruction(page: Page) -> None:
    page.open(fragment="#trial-3")
    assert page.run("return document.querySelectorAll('#trial-3 canvas[data-screen]').length") == 1
    page.press(Keys.ARROW_RIGHT)
    assert page.frame == 1
    assert page.complaints() == []


def test_regions_can_be_drawn_and_hidden(page: Page) -> None:
    page.open()
    shown = "return getComputedStyle(document.querySelector('.player .overlay .line.{}')).display !== 'none'"
    assert page.run(shown.format("evaluation"))
    assert not page.run(shown.format("training"))
    for name in ("evaluation", "training"):
        page.run("arguments[0].click()", page.driver.find_element(By.CSS_SELECTOR, f"[data-show={name}]"))
    assert not page.run(shown.format("evaluation"))
    assert page.run(shown.format("training"))


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_contrast_in_both_schemes(page: Page, dark: bool) -> None:
    page.open(dark=dark)
    page.run("for (const d of document.querySelectorAll('details')) d.open = true")
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in ground[4:-1].split(",")) < 150) == dark
    contrasts = page.run(CONTRASTS)
    assert len(contrasts) > 200
    assert [line for line in contrasts if line[0] < 4.5] == []


def test_the_scheme_can_be_chosen_and_the_pictures_follow(page: Page) -> None:
    page.open(dark=False)
    light = page.pixels("raster=responses")[..., :3].max()
    page.run("document.querySelector('[name=theme][value=dark]').click()")
    assert page.pixels("raster=responses")[..., :3].max() > light
    assert page.run("return getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_everything_that_can_be_used_has_a_name(page: Page) -> None:
    page.open()
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {
        "button",
        "slider",
        "checkbox",
        "combobox",
        "radio",
        "link",
        "image",
        "img",
        "region",
        "table",
        "navigation",
    }
    used = [node for node in nodes if not node.get("ignored") and node.get("role", {}).get("value") in roles]
    assert {"button", "slider", "checkbox", "combobox", "radio", "link"} <= {node["role"]["value"] for node in used}
    assert [node["role"]["value"] for node in used if not node.get("name", {}).get("value", "").strip()] == []


def test_focus_is_seen(page: Page) -> None:
    page.open()
    button = page.driver.find_element(By.CSS_SELECTOR, ".trial:not([hidden]) [data-do=back]")
    page.run("arguments[0].focus({focusVisible: true})", button)
    assert page.run("return getComputedStyle(arguments[0]).outlineStyle", button) == "solid"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_fits_the_screen(page: Page, width: int) -> None:
    page.open(width=width)
    assert page.run("return document.documentElement.scrollWidth") <= width
    narrowest = page.run(
        "return Math.min(...[...document.querySelectorAll('.trial:not([hidden]) canvas[data-screen]')]"
        ".map((canvas) => canvas.getBoundingClientRect().width))"
    )
    assert narrowest > 130


def test_it_asks_the_network_for_nothing_and_makes_no_complaint(page: Page) -> None:
    page.open(still=False)
    page.run("document.querySelector('.still[href=\"#trial-2\"]').click()")
    page.wait("return document.querySelector('#trial-2[data-ready]') !== null")
    assert page.requests() == []
    assert page.complaints() == []
