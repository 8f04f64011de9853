import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reverie.foundation.errors import BadInput, ReverieError
from reverie.planning.design import Design, MeasuredBands, neurons_for, predict_design
from reverie.planning.running import named_sources, plan, simulated_bands
from reverie.recordings.reading import Reading


@pytest.fixture(scope="module")
def bands():
    """Movies whose power falls with the square of both frequencies, and neurons that say less about fine detail."""
    cycles = np.hypot(np.arange(36)[:, None] / 72, np.arange(64) / 128) / 3.4
    hertz = np.arange(60) / 120 * 30
    power = 1 / ((0.01 + cycles) ** 2)[None] / (1 + hertz**2)[:, None, None]
    power /= power.mean()
    information = 100 * np.exp(-np.square(cycles / 0.05))[None] * np.exp(-hertz)[:, None, None]
    return MeasuredBands.of(
        cycles, hertz, power, information, picture=0.1, seconds=2.0, degrees=3.4, neurons=100, about="toys"
    )


def test_bands_keep_the_variance(bands):
    assert bands.share.sum() == pytest.approx(1)
    assert (bands.share * bands.power).sum() == pytest.approx(1)
    assert MeasuredBands.from_json(bands.to_json()).power == pytest.approx(bands.power)
    with pytest.raises(BadInput, match="is incomplete"):
        MeasuredBands.from_json({"cycles": [1.0]})


BETTER = {"neurons": 3000, "noise": 0.5, "minutes": 120.0, "animals": 2, "field": 60.0, "scan_rate": 60.0}


@pytest.mark.parametrize("name", BETTER)
def test_more_of_what_is_good_shows_more(bands, name):
    usual = Design()
    first, second = (predict_design(bands, each) for each in (usual, replace(usual, **{name: BETTER[name]})))
    assert second.hertz > first.hertz
    if name != "field":  # in a smaller field coarse patterns are no patterns
        assert second.video_correlation > first.video_correlation


def test_joined_animals_count_as_more_neurons(bands):
    assert predict_design(bands, Design(neurons=500)) == predict_design(bands, Design(neurons=250, animals=2))


def test_without_information_only_the_mean_picture_is_known(bands):
    prediction = predict_design(bands, Design(neurons=1, noise=1e9))
    assert 0.2 < prediction.video_correlation < 0.4
    assert math.isnan(prediction.cycles_per_degree)


def test_the_neurons_a_resolution_asks_for_give_it(bands):
    design = Design()
    needed = neurons_for(bands, design, 0.05)
    assert predict_design(bands, replace(design, neurons=needed)).cycles_per_degree >= 0.05
    fewer = replace(design, neurons=int(0.97 * needed))
    assert predict_design(bands, fewer).cycles_per_degree < 0.05
    assert neurons_for(bands, design, 0.3) is None
    with pytest.raises(ReverieError, match="above 0 cycles"):
        neurons_for(bands, design, 0.0)


def test_designs_that_cannot_be_are_refused():
    with pytest.raises(ReverieError, match=r"scan_rate is 0.0 but must be above 0"):
        Design(scan_rate=0.0)
    with pytest.raises(ReverieError, match="both its recordings and its folder"):
        named_sources(Path("DATA"), None, None, Reading())


def test_simulated_animals_are_at_hand():
    assert 0.7 < predict_design(simulated_bands(), Design(neurons=1000)).video_correlation < 0.95
    told = dict(plan(Design(), resolution=0.05).itertuples(index=False))
    assert set(told) == {
        "video correlation",
        "resolution in space, cycles per degree",
        "resolution in time, hertz",
        "neurons for 0.05 cycles per degree",
    }


def test_a_finer_screen_changes_no_plan():
    """The same movies and neurons on twice the pixels a degree: three in four coefficients hold nothing."""
    coarse = simulated_bands()
    hertz = np.unique(coarse.hertz)
    more = {"cycles": 0.3, "hertz": hertz, "power": 1e-9, "information": 1e-9}
    shares = np.array([coarse.share[coarse.hertz == each].sum() for each in hertz])
    scaled = {
        "cycles": coarse.cycles,
        "hertz": coarse.hertz,
        "power": 4 * coarse.power,
        "information": coarse.information / 4,
    }
    joined = {name: np.append(values, np.broadcast_to(more[name], hertz.shape)) for name, values in scaled.items()}
    share = np.append(coarse.share, 3 * shares) / 4
    finer = replace(coarse, degrees=coarse.degrees / 2, share=share, **joined)
    one, other = predict_design(coarse, Design()), predict_design(finer, Design())
    assert other.video_correlation == pytest.approx(one.video_correlation)
    assert other.cycles_per_degree == pytest.approx(one.cycles_per_degree)
    assert other.hertz == pytest.approx(one.hertz)
