"""The page of a plan in a real Chromium: it says what Python says, and follows its sliders."""

import pytest
from tests.reporting.browsing import browsing

from reverie.planning.design import Design, predict_design
from reverie.planning.running import simulated_bands, write_plan

pytestmark = pytest.mark.browser


def shown(page, name):
    return float(page.run("return document.querySelector(`[data-out=${arguments[0]}]`).textContent", name))


def test_the_page_reckons_as_python_does(tmp_path):
    bands, path = simulated_bands(), tmp_path / "plan.html"
    write_plan(path, bands, Design())
    with browsing(path) as page:
        page.open()
        values = (
            "return Object.fromEntries([...document.querySelectorAll('output')]"
            ".map((one) => [one.dataset.shown, Number(one.textContent)]))"
        )
        before = shown(page, "video_correlation")
        for _ in range(2):
            told = page.run(values)
            counts = {name: int(told.pop(name)) for name in ("neurons", "animals")}
            design = Design(**counts, **{name: float(value) for name, value in told.items()})
            prediction = predict_design(bands, design)
            for name in ("video_correlation", "cycles_per_degree", "hertz"):
                assert shown(page, name) == pytest.approx(getattr(prediction, name), rel=0.01)
            page.run(
                "const s = document.getElementById('neurons'); s.value = 1000;"
                "s.dispatchEvent(new Event('input', {bubbles: true}))"
            )
        assert shown(page, "video_correlation") > before
        assert page.complaints() == []
        assert page.requests() == []
        page.check_contrasts(dark=False, texts=10)
        for width, dark in ((390, True), (1280, False)):
            page.open(width=width, dark=dark)
            assert page.run("return document.documentElement.scrollWidth") <= width
            assert page.violations() == []
        page.on_paper()
        assert page.run("return document.querySelector('[data-shown=neurons]').getClientRects().length") == 1
        assert page.cut_off() == []
