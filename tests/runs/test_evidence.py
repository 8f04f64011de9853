import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.sensorium import open_recordings
from reverie.recordings.readers.sensorium_writer import write_recording
from reverie.recordings.trial import Trial
from reverie.runs.evidence import other_movies, read_evidence
from reverie.runs.run_folder import TrialFolder
from reverie.stimuli.naturalistic import naturalistic_movie


def test_repeats_of_the_movie_and_shorter_movies_are_no_controls(tmp_path):
    generator = np.random.default_rng(0)
    shown, other = naturalistic_movie(60, generator), naturalistic_movie(70, generator)
    shorter = naturalistic_movie(40, generator)
    movies = [shown, shown + generator.normal(0, 5, shown.shape).clip(-9, 9).astype(np.float32), other, other, shorter]
    state = np.ones((4, 70), np.float32)
    trials = [
        Trial(str(number), "oracle", movie.clip(0, 255), state[:, : len(movie)], np.ones((2, len(movie)), np.float32))
        for number, movie in enumerate(movies)
    ]
    write_recording(tmp_path / "mouse", trials)
    recording = open_recordings(tmp_path)["mouse"]
    found = other_movies(recording, recording.trial("0"))
    assert len(found) == 1
    assert np.abs(found[0].astype(float) - other[:60].clip(0, 255)).max() <= 0.5


def test_incomplete_evidence_is_named(tmp_path):
    place = TrialFolder(tmp_path, "mouse", "0")
    np.savez(place.evidence, truth=np.zeros((2, 3, 4)), notes=np.array([], dtype=str))
    with pytest.raises(ReverieError, match=r"evidence\.npz is incomplete"):
        read_evidence(place)
