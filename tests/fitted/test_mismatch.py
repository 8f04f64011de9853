"""An encoder that was not trained on these responses is told, whatever the reason."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.worlds import opened

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.encoders.prediction import predict
from reverie.fitted.fitting import fit
from reverie.fitted.mismatch import mismatch_warnings
from reverie.fitted.reconstructor import Reconstructor
from reverie.inversion.methods.paper import Paper
from reverie.recordings.readers.registry import open_recordings


@pytest.fixture
def encoder(tiny_world):
    """As if a training had left it, whose rates correlated with held-out responses at 0.6."""
    encoder = load_encoder(tiny_world.encoder)
    encoder.about["validation_correlation"] = {"alpha": 0.6}
    save_encoder(encoder, tiny_world.encoder, about=encoder.about)
    return encoder


@pytest.fixture
def trials(tiny_world, encoder):
    """Whose responses the encoder explains, but for noise of a gamma distribution."""
    recording, noise = open_recordings(tiny_world.data)["alpha"], np.random.default_rng(0)
    trials = [recording.trial(name) for name in "0123"]
    rates = [predict(encoder, trial.known_movie, trial.state, "alpha") for trial in trials]
    return [replace(one, responses=noise.gamma(200, rate / 200)) for one, rate in zip(trials, rates, strict=True)]


def changed(trials, change):
    return [replace(one, responses=change(one.responses)) for one in trials]


def test_nothing_is_said_of_an_encoder_of_these_responses(encoder, trials):
    assert mismatch_warnings(encoder, "alpha", trials) == ()
    assert mismatch_warnings(encoder, "alpha", changed(trials, lambda responses: 2 * responses)) == ()


def test_neurons_or_trials_in_another_order_are_told(encoder, trials):
    (sentence,) = mismatch_warnings(encoder, "alpha", changed(trials, lambda responses: responses[::-1]))
    assert f"Responses of alpha to training trials correlate with the rates of {encoder.folder} at " in sentence
    assert "though those to held-out movies did at 0.60 when it was trained" in sentence
    encoder.folder = None
    assert " with the rates of the encoder at " in mismatch_warnings(encoder, "alpha", changed(trials, np.flipud))[0]
    shifted = [replace(one, responses=other.responses) for one, other in pairwise(trials)]
    assert "in another order" in mismatch_warnings(encoder, "alpha", shifted)[0]


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_other_units_are_told(encoder, trials, factor):
    (sentence,) = mismatch_warnings(encoder, "alpha", changed(trials, lambda responses: factor * responses))
    assert "trained on responses in other units" in sentence
    told = float(re.search(r"^Responses of alpha are (\S+) times as large", sentence).group(1))
    assert told == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize(("measured", "said"), [(0.03, "correlate with held-out responses at 0.030"), (0.07, "")])
def test_an_encoder_that_learned_next_to_nothing_is_told(encoder, trials, measured, said):
    encoder.about["validation_correlation"] = {"alpha": measured}
    found = mismatch_warnings(encoder, "alpha", trials)
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_encoder_without_a_validation_score_gets_no_warning(encoder, trials):
    encoder.about.pop("validation_correlation")
    assert mismatch_warnings(encoder, "alpha", changed(trials, lambda responses: responses[::-1])) == ()


def test_it_is_said_in_fitting_and_beside_the_movie(tiny_world, encoder, quick_masks, capsys):
    # The responses of the tiny world are noise: no encoder can have been trained on them to correlate at 0.6.
    reader = Reconstructor(encoder, opened(tiny_world).recordings["alpha"], Paper(steps=1)).fit()
    (warning,) = reader.fits[0].subject.warnings
    assert warning in capsys.readouterr().err
    assert reader.reconstruct("6").notes == (warning,)


def test_several_fits_of_one_subject_ask_once(tiny_world, encoder, quick_masks, monkeypatch):
    asked = []
    monkeypatch.setattr("reverie.fitted.subject.mismatch_warnings", lambda *given: asked.append(1) or ())
    reader = Reconstructor(encoder, opened(tiny_world).recordings["alpha"], Paper(steps=1))
    reader.fit().fit(["prior"])
    reader.reconstruct("6")
    assert asked == [1]
    assert fit(reader.fits[0], ["prior"]).subject.warnings == ()
