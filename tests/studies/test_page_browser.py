"""Pages of experiments in a real Chromium: legible in both schemes, complete without a net, usable on a phone."""

from collections.abc import Iterator

import pandas as pd
import pytest
from tests.reporting.browsing import Page, browsing

from reverie.studies.figures import column_figure
from reverie.studies.page import save_findings, write_study_page
from reverie.studies.study import Findings, PaperComparison, Picture, Study

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("experiment")
    sections = []
    for name in ("natural", "masks"):
        figure, (axes,) = column_figure()
        axes.plot([0, 1], [0, 1])
        data = pd.DataFrame({"condition": ["a", "b"], "video_correlation": [0.25, 0.5]})
        beside = [PaperComparison("video correlation", "0.512 [0.481, 0.543]", "0.569")]
        findings = Findings(["So.", "And so."], [Picture(name, f"What {name} shows", figure, data)], beside)
        study = Study(name, f"Of {name}", "Why?", lambda setup, findings=findings: findings)
        sections.append(save_findings(folder / name, study, findings))
    path = folder / "index.html"
    write_study_page(path, "Results", ["Simulated animals."], sections, {"seed": 3}, {"Errors": "No truth."})
    with browsing(path) as page:
        yield page


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_contrast_in_both_schemes(page: Page, dark: bool) -> None:
    page.open(dark=dark, ready="document.readyState === 'complete'")
    page.check_contrasts(dark=dark, texts=20)


def test_figures_are_inside_the_page_and_drawn(page: Page) -> None:
    page.open(ready="document.readyState === 'complete'")
    assert page.run("return [...document.images].map((i) => i.complete && i.naturalWidth > 100)") == [True, True]
    assert page.requests() == []
    assert page.complaints() == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.open(width=width, ready="document.readyState === 'complete'")
    assert page.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_axe_finds_no_violation(page: Page, width: int, dark: bool) -> None:
    page.open(width=width, dark=dark, ready="document.readyState === 'complete'")
    assert page.violations() == []


def test_on_paper_nothing_is_cut(page: Page) -> None:
    page.open(dark=True, ready="document.readyState === 'complete'")
    page.on_paper()
    assert page.run("return getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.cut_off() == []


def test_the_contents_lead_to_each_experiment(page: Page) -> None:
    page.open(fragment="#masks", ready="document.readyState === 'complete'")
    assert page.run("return document.querySelector('.toc a[href=\"#masks\"]').textContent") == "Of masks"
    top = page.run("return document.querySelector('#masks').getBoundingClientRect().top")
    assert abs(top) < page.run("return window.innerHeight")
