from dataclasses import replace

import numpy as np

from reverie.encoders.prediction import predict
from reverie.fitted.materials import Materials
from reverie.stimuli.noise import pink_noise
from reverie.studies.resolving import noise_clips
from reverie.studies.unseen_stimuli import knows_truth, shown_to


def movies(count=6):
    return {str(number): pink_noise(60, np.random.default_rng(number), frame_size=(16, 24)) for number in range(count)}


def test_a_simulated_animal_answers_as_its_truth_does(materials):
    assert knows_truth(materials)
    clips = list(shown_to(materials, "mouse", movies()))
    again = list(shown_to(materials, "mouse", movies()))
    agreement = []
    for clip, same in zip(clips, again, strict=True):
        np.testing.assert_array_equal(clip.responses, same.responses)
        rates = predict(materials.truth, clip.movie, clip.state, "mouse")
        assert abs(clip.responses.mean() / rates.mean() - 1) < 0.2
        agreement.append(np.corrcoef(clip.responses.ravel(), rates.ravel())[0, 1])
    assert 0.3 < np.mean(agreement) < 0.8
    assert not np.array_equal(clips[0].state, clips[1].state)


def test_a_recorded_animal_is_taken_to_fire_at_the_encoders_rates(materials):
    recorded = Materials(
        replace(materials.sources, truth=materials.sources.encoders[0]),
        materials.recordings,
        materials.encoders,
        materials.device,
    )
    assert not knows_truth(recorded)
    (clip,) = shown_to(recorded, "mouse", movies(1))
    rates = predict(materials.truth, clip.movie, clip.state, "mouse")
    assert np.corrcoef(clip.responses.mean(1), rates.mean(1))[0, 1] > 0.8


def test_every_animal_is_shown_the_same_noise(materials):
    clips = noise_clips(materials, animals=1, count=2, frames=40)
    assert [clip.animal for clip in clips] == ["mouse"] * 2
    assert clips[0].movie.shape == (40, 16, 24)
    assert not np.array_equal(clips[0].movie, clips[1].movie)
