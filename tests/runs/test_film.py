"""The film of a run: trials one after the other, each movie named, also where truth or uncertainty are unknown."""

import json

import av
import numpy as np
import pytest
from tests.fitted.reconstructions import made_up

from reverie.runs.reporting import report_run

SCALE, STRIP, PITCH = 6, 16, (10 + 4) * 6
"""Pixels a pixel; of the labels above; from one movie to the next."""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """The frames of a film, its rate, and what was said, of three trials of 40 frames at 8 by 10 pixels."""
    run = tmp_path_factory.mktemp("run")
    record = {"settings": {"method": "map", "encoders": ["0123"]}, "seed": 0, "places": {}}
    (run / "run.json").write_text(json.dumps(record))
    unknown = made_up(10, truth=None, rates_from_truth=None, std=None, half_widths=None)
    for one in (made_up(1), made_up(2, std=np.full((40, 8, 10), 3.0, np.float32)), unknown):
        one.save(run / one.animal / one.trial)
    report_run(run, film=True)
    with av.open(str(run / "film.mp4")) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        return np.stack(frames).mean(axis=3), float(stream.average_rate)


def movie(frames, place):
    """Return the grey levels of the movie at a place, (time, 8, 10)."""
    shown = frames[:, STRIP:, place * PITCH :][:, : 8 * SCALE, : 10 * SCALE]
    return shown.reshape(len(frames), 8, SCALE, 10, SCALE).mean(axis=(2, 4))


def test_it_holds_every_frame_of_every_trial_in_even_pixels(film):
    frames, rate = film
    assert frames.shape == (3 * 40, STRIP + 8 * SCALE, 2 * PITCH + 10 * SCALE)
    assert all(size % 2 == 0 for size in frames.shape[1:])
    assert rate == 30


def test_truth_movie_and_uncertainty_stand_side_by_side_with_their_names(film):
    frames, _ = film
    for start, seed in ((0, 1), (40, 2)):
        seen, one = frames[start : start + 40], made_up(seed)
        for place, expected in enumerate((one.truth, one.frames)):
            assert np.corrcoef(movie(seen, place).ravel(), expected.ravel())[0, 1] > 0.99
        assert all(seen[0, :STRIP, place * PITCH :][:, :60].max() > 150 for place in range(3))
    assert np.abs(movie(frames[:40], 2) - 255).max() < 8


def test_unknown_movies_are_black(film):
    frames = film[0][80:]
    assert np.corrcoef(movie(frames, 0).ravel(), made_up(10).frames.ravel())[0, 1] > 0.99
    assert frames[:, :, PITCH:].max() < 8
