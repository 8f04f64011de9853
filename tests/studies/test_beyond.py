"""What the experiments that go beyond the paper must find on animals whose truth is known."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.studies.conftest import make_animals

from reverie.fitted.session import open_session
from reverie.jobs.workers import Workers
from reverie.studies import excite, identify, resolution
from reverie.studies.running import PAPER, STUDIES, run_study


@pytest.fixture(scope="module", autouse=True)
def small(setup) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        name = setup.scale.name
        patch.setitem(identify.SIZES, name, identify.Size((20,), (5, 30)))
        patch.setitem(resolution.SIZES, name, resolution.Size(animals=1, movies=1, frames=90))
        patch.setitem(excite.NEURONS, name, 2)
        yield


@pytest.fixture
def wide(setup, tmp_path):
    """The animals of the other tests on a whole screen: on a small one few patterns are coarse and slow."""
    session = open_session(make_animals(tmp_path / "animals", (36, 64), frames=90))
    return replace(setup, session=session, out=tmp_path / "out", workers=Workers(session), stops={})


def test_they_are_run_by_name_and_are_no_part_of_the_suite():
    beyond = STUDIES.keys() - {experiment.name for experiment in PAPER}
    assert {"causes", "identify", "resolution", "excite"} <= beyond


def test_more_neurons_and_longer_clips_identify_better(setup):
    data = run_study(setup, identify.IDENTIFY).findings.pictures[0].data
    found = data.set_index(["neurons", "seconds"])["mean"]
    assert found[400, 1.0] == 1.0
    assert found[400, 1.0] >= found[400, 5 / 30] > found[20, 5 / 30]


@pytest.mark.slow
def test_coarse_and_slow_is_found_and_fine_or_fast_is_not(wide):
    section = run_study(wide, resolution.RESOLUTION)
    curves = section.findings.pictures[0].data
    assert set(curves["method"]) == {"published method", "map"}
    for _, curve in curves[curves["method"] == "map"].groupby("axis"):
        values = curve["coherence"].to_numpy()
        assert values[:2].max() > 0.5
        assert values[-1] < 0.3
    assert "drawn around the rates of the encoders" in section.findings.sentences[1]


def test_the_true_neurons_agree_with_the_encoder(setup):
    section = run_study(setup, excite.EXCITE)
    rates = section.findings.pictures[0].data
    assert len(rates) == 4
    # Of four neurons one may be of those of which the slightly wrong encoder knows little.
    assert (rates["true_exciting"] > rates["true_ordinary"]).sum() >= 3
    assert "The true neurons agree" in section.findings.sentences[1]
