"""The convolutional decoder: it learns, repeats itself to the bit, and stops where validation trials say."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.inversion.linear.toys import toy_trials, without_responses

from reverie.encoders.compact import Compact, CompactConfig
from reverie.foundation.errors import ReverieError
from reverie.inversion.linear.contract import Population
from reverie.inversion.linear.convolutional import ConvolutionalSettings
from reverie.inversion.linear.convolutional_fit import fit_convolutional
from reverie.inversion.linear.files import load_decoder, save_decoder
from reverie.inversion.linear.picture_network import bilinear_layout
from reverie.inversion.linear.places import places_of
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.scoring.correlation import video_correlation

TRIALS = toy_trials(noisy=False, neurons=80)
LEARNT, JUDGED, HELD_OUT = TRIALS[:9], TRIALS[9:10], TRIALS[10:]
FEATURES = ResponseFeatures.of([trial.responses for trial in LEARNT], 0.5, (0, 2, 4))
PLACES = places_of(None, Population("toy", 80, (12, 16)), LEARNT)
SMALL = ConvolutionalSettings(maps=8, channels=8, blocks=1, steps=200, window=40, learning_rate=1e-2)


def fit(trials=LEARNT, validation=JUDGED, settings=SMALL):
    return fit_convolutional("toy", trials, validation, FEATURES, PLACES, settings)


@pytest.fixture(scope="module")
def decoder():
    return fit()


def mean_correlation(decoder, trials):
    return np.mean([video_correlation(decoder.decode(trial.responses), trial.movie) for trial in trials])


def test_held_out_movies_are_found_and_shuffled_neurons_find_nothing(decoder):
    assert mean_correlation(decoder, HELD_OUT) > 0.5
    order = np.random.default_rng(0).permutation(80)
    shuffled = [replace(trial, responses=trial.responses[order]) for trial in HELD_OUT]
    assert abs(mean_correlation(decoder, shuffled)) < 0.15


def test_the_same_trials_give_the_same_bits_and_files_keep_them(tmp_path):
    short = replace(SMALL, steps=4)
    first, second = fit(settings=short), fit(settings=short)
    movie = first.decode(HELD_OUT[0].responses)
    assert np.array_equal(second.decode(HELD_OUT[0].responses), movie)
    save_decoder(first, tmp_path)
    again = load_decoder(tmp_path)
    assert again.config() == first.config()
    assert np.array_equal(again.decode(HELD_OUT[0].responses), movie)


def test_a_clip_of_any_length_is_decoded(decoder):
    whole = decoder.decode(HELD_OUT[0].responses)
    assert whole.shape == HELD_OUT[0].movie.shape
    part = decoder.decode(HELD_OUT[0].responses[:, :63])
    assert part.shape == (63, 12, 16)
    assert np.abs(part[:40] - whole[:40]).max() < 1e-2


def test_training_stops_when_validation_no_longer_improves():
    # The responses of the validation trial say nothing, so that only an early step can be the best.
    misleading = [replace(JUDGED[0], movie=255 - JUDGED[0].movie)]
    settings = replace(SMALL, steps=1000, patience=1)
    assert fit(validation=misleading, settings=settings).stopped <= 200


def test_bad_trials_and_settings_are_named():
    with pytest.raises(ReverieError, match="has no responses"):
        fit([without_responses(LEARNT[0])])
    with pytest.raises(ReverieError, match="setting window is 3 but must be at least 4"):
        ConvolutionalSettings(window=3)
    with pytest.raises(ReverieError, match="learning rate"):
        ConvolutionalSettings(learning_rate=0.0)


def test_places_come_from_the_encoder_that_has_them():
    encoder = Compact(CompactConfig(), {"toy": 80}, (12, 16))
    encoder.place("toy", np.arange(80) % 48)
    places = places_of(encoder, Population("toy", 80, (12, 16)), LEARNT)
    assert places[9].tolist() == [1, 1]  # the grid is 6 x 8


def test_places_are_found_from_responses():
    truth = np.random.default_rng(100)  # as the toy animal draws them
    spots = np.stack([truth.uniform(2, 9, 80), truth.uniform(2, 13, 80)], axis=1)
    assert np.median(np.hypot(*(2 * PLACES + 0.5 - spots).T)) < 2


def test_a_layout_keeps_every_neuron_whole():
    places = np.random.default_rng(0).uniform(-2, 9, (40, 2)).astype(np.float32)
    layout = bilinear_layout(places, (6, 8))
    assert layout.sum(dim=0).numpy() == pytest.approx(1, abs=1e-6)
    assert (layout >= 0).all()
    centre = bilinear_layout(np.array([[2.0, 3.0]], np.float32), (6, 8))
    assert int(torch.argmax(centre)) == 2 * 8 + 3
