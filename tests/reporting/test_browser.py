"""The page in a real Chromium: it plays, scrubs, listens to the keyboard, and keeps its promises to every reader."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from tests.reporting.browsing import Page, browsing

from reverie.reporting.content import RunContent
from reverie.reporting.page import render_overview, write_page
from reverie.reporting.plots import rasters
from reverie.reporting.trial_view import still_of, still_png

pytestmark = pytest.mark.browser

FRAMES = 120


@pytest.fixture(scope="module")
def content(make_run: Callable[..., RunContent]) -> RunContent:
    run = make_run(3, frames=FRAMES)
    unknown = replace(run.trials[2], animal="mouse <b>", truth=None, scores={"video_correlation": float("nan")})
    std = np.abs(run.trials[0].reconstruction - 127.5)
    return replace(run, trials=[replace(run.trials[0], std=std), run.trials[1], unknown])


@pytest.fixture(scope="module")
def page(content: RunContent, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    write_page(folder / "report.html", content)
    with browsing(folder / "report.html") as page:
        yield page


def test_an_overview_leads_to_pages_of_their_own_and_back(content: RunContent, tmp_path: Path) -> None:
    trial = content.trials[1]
    (tmp_path / "mouse 1").mkdir()
    (tmp_path / "mouse 1/still.png").write_bytes(still_png(trial))
    write_page(tmp_path / "mouse 1/report.html", replace(content, trials=[trial], overview="../report.html"))
    still = still_of(trial, "mouse%201/still.png", "mouse%201/report.html")
    (tmp_path / "report.html").write_text(render_overview(replace(content, trials=[]), [still]))
    with browsing(tmp_path / "report.html") as page:
        page.open(ready="document.querySelector('.still img').naturalWidth > 100")
        assert page.violations() == []
        page.driver.find_element(By.CSS_SELECTOR, ".still").click()
        page.wait("return document.querySelector('.player') !== null")
        page.driver.find_element(By.LINK_TEXT, "All movies").click()
        page.wait("return document.querySelector('.player') === null")
        assert page.complaints() == []


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
    page.check_contrasts(dark=dark, texts=200)


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


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_it_fits_the_screen(page: Page, width: int) -> None:
    page.open(width=width)
    assert page.run("return document.documentElement.scrollWidth") <= width
    narrowest = page.run(
        "return Math.min(...[...document.querySelectorAll('.trial:not([hidden]) canvas[data-screen]')]"
        ".map((canvas) => canvas.getBoundingClientRect().width))"
    )
    assert narrowest > 130


@pytest.mark.parametrize(("width", "dark", "trial"), [(390, True, 1), (1280, False, 3)])
def test_axe_finds_no_violation(page: Page, width: int, dark: bool, trial: int) -> None:
    page.open(width=width, dark=dark, fragment=f"#trial-{trial}")
    assert page.violations() == []


def test_on_paper_everything_is_there_in_dark_ink(page: Page, content: RunContent) -> None:
    page.open()
    page.run("document.querySelector('[name=theme][value=dark]').click()")
    page.on_paper()
    assert page.run("return getComputedStyle(document.documentElement).colorScheme") == "light"
    assert all(page.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map((n) => n > 230)"))
    shown = "return [...document.querySelectorAll('.trial')].filter((one) => one.getClientRects().length).length"
    assert page.run(shown) == len(content.trials)
    frames = "[...document.querySelectorAll('.still img, .mask img')]"
    page.wait(f"return {frames}.every((image) => image.complete && image.width > 100)")
    assert page.run(f"return {frames}.length") >= 2 * len(content.trials)
    assert page.cut_off() == []
    page.run("document.querySelector('[name=theme][value=auto]').click()")


def test_each_movie_has_a_sheet_of_its_own(page: Page, content: RunContent) -> None:
    page.open()
    told = page.driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
    sheets = len(re.findall(rb"/Type */Page\b", b64decode(told["data"])))
    assert len(content.trials) + 1 <= sheets <= len(content.trials) + 3


def test_it_asks_the_network_for_nothing_and_makes_no_complaint(page: Page) -> None:
    page.open(still=False)
    page.run("document.querySelector('.still[href=\"#trial-2\"]').click()")
    page.wait("return document.querySelector('#trial-2[data-ready]') !== null")
    assert page.requests() == []
    assert page.complaints() == []


def test_hostile_names_run_nothing_and_are_read_as_they_are(content: RunContent, page: Page, tmp_path: Path) -> None:
    evil = "</script><script>window.hit = 1</script><img src=x onerror='window.hit = 2'><svg onload=window.hit=3>"
    trial = replace(content.trials[0], animal=evil, trial=evil, notes=[evil])
    path = tmp_path / "hostile.html"
    write_page(path, replace(content, title=evil, trials=[trial], sentences=[evil], settings={evil: evil}))
    page.open()
    page.driver.get(path.as_uri())
    page.wait("return document.querySelector('[data-ready]') !== null")
    assert page.run("return window.hit === undefined")
    assert page.run("return document.querySelectorAll('svg[onload], img[onerror]').length") == 0
    assert page.run("return document.body.innerText.split(arguments[0]).length", evil) > 3
    assert [line for line in page.complaints() if "Content Security" in line] == []
