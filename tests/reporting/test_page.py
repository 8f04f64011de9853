import json
import re
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from reverie.reporting.content import RunContent, TrialContent
from reverie.reporting.page import render_page, settings_groups, write_page

VOID = {"meta", "link", "img", "input", "br", "hr"}


class Outline(HTMLParser):
    """The elements of a page; unbalanced ones are an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(make_run: Callable[..., RunContent]) -> str:
    return render_page(make_run(2, frames=90))


def test_nothing_is_fetched(page: str) -> None:
    outline = Outline(page)
    addresses = [
        attributes[name] or ""
        for _, attributes in outline.elements
        for name in ("src", "href", "srcset", "action")
        if name in attributes
    ]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "http://" not in page
    assert "https://" not in page
    assert not re.search(r"url\(|@import", page)


def test_only_the_page_s_own_program_may_run(page: str) -> None:
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert script is not None
    digest = b64encode(sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page


def test_each_trial_brings_its_data(page: str) -> None:
    data = [json.loads(text) for text in re.findall(r'class="data">(.*?)</script>', page)]
    assert [sorted(one["movies"]) for one in data] == [["reconstruction", "truth"]] * 2
    assert data[0]["frames"] == 90
    assert data[0]["rasters"]["responses"]["rows"] == 120


def test_tables_curves_and_settings_are_there(page: str) -> None:
    for words in (
        "No animal was recorded.",
        "Video correlation",
        "Other moment",
        "95 % confidence interval",
        "This trial was used to train the encoder.",
        "Pupil dilation",
        "Loss by step",
        "learning rate",
        "2.13.0",
        "218° wide, 122° high",
    ):
        assert words in page


def test_pictures_and_controls_have_names(page: str) -> None:
    outline = Outline(page)
    assert all(attributes.get("alt") for attributes in outline.of("img"))
    assert all(attributes.get("aria-label") for attributes in outline.of("canvas"))
    assert all(attributes.get("aria-label") for attributes in outline.of("button"))
    assert outline.of("html")[0]["lang"] == "en"
    assert len(outline.of("main")) == 1
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_hostile_names_stay_text(make_run: Callable[..., RunContent]) -> None:
    run = make_run(1, frames=60)
    evil = "</script><script>alert(1)</script>\"><img src=x onerror=alert(2)>' --><b>"
    trial = replace(
        run.trials[0], animal=evil, notes=[evil], traces={evil: next(iter(run.trials[0].traces.values()))},
        scores={**run.trials[0].scores, evil: 1.0, "ssim": float("nan")},
    )  # fmt: skip
    summary = run.summary
    assert summary is not None
    page = render_page(
        RunContent(
            title=evil,
            trials=[trial],
            sentences=[evil],
            settings={evil: {evil: evil}},
            summary=summary.assign(method=evil),
        )
    )
    assert evil not in page
    outline = Outline(page)
    assert len(outline.of("script")) == 2
    assert all("onerror" not in attributes for _, attributes in outline.elements)
    assert not outline.of("b")


def test_trials_with_little_information_have_a_page() -> None:
    movie = np.full((40, 9, 16), 127.5, np.float32)
    trial = TrialContent("mouse", "7", movie, np.zeros((9, 16), np.float32), scores={"video_correlation": float("nan")})
    page = render_page(RunContent(title="Unknown movie", trials=[trial]))
    outline = Outline(page)
    assert [canvas["data-screen"] for canvas in outline.of("canvas")] == ["reconstruction"]
    assert "is not known" in page
    assert "A dash means: the movie the animal saw is not known." in page


def test_a_run_without_trials_still_has_a_page() -> None:
    page = render_page(RunContent(title="Nothing yet", trials=[]))
    assert "Nothing yet" in page
    assert not [*Outline(page).of("canvas")]


def test_a_large_run_stays_small_and_quick(make_run: Callable[..., RunContent], tmp_path: Path) -> None:
    run = make_run(1, neurons=1000)
    run = replace(run, trials=[replace(run.trials[0], trial=str(number)) for number in range(6)])
    started = time.process_time()
    write_page(tmp_path / "report.html", run)
    assert time.process_time() - started < 6  # about 1 s on an idle machine; run-time shape checks included
    assert (tmp_path / "report.html").stat().st_size < 10e6


def test_single_values_come_first_and_mappings_become_groups() -> None:
    groups = settings_groups({"solver": {"learning_rate": 1e-8}, "seed": 123456, "empty": {}})
    assert [group.title for group in groups] == ["Run", "Solver"]
    assert groups[0].rows == [("seed", "123456")]
    assert groups[1].rows == [("learning rate", "1e-08")]


def test_values_read_as_words() -> None:
    values = {"yes": True, "no": False, "none": None, "list": ["a", 2], "nothing": []}
    assert [text for _, text in settings_groups(values)[0].rows] == ["yes", "no", "chosen by the program", "a, 2"]
