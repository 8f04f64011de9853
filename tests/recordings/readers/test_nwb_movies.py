"""Movies in NWB files, and in files that they name: where these lie, their length, their unit, their axes."""

import numpy as np
import pytest
import tifffile
from tests.recordings.readers import layouts, nwb_layouts
from tests.recordings.readers.nwb_layouts import SHOWN, free, movies_of
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading

pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


@pytest.mark.parametrize("named", ["sub/all.mp4", ".\\sub\\all.mp4", "C:\\lab\\beside.mp4", "/lab/data/beside.mp4"])
def test_a_movie_in_a_file_is_found_wherever_it_lay_when_the_file_was_written(named, session, tmp_path):
    (tmp_path / "sub").mkdir()
    for place in (tmp_path / "sub/all.mp4", tmp_path / "beside.mp4"):
        layouts.write_video(place, session.movie)
    file = free(session, external_file=[named], starting_frame=[0], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    found = movies_of(open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,))))
    for movie, trial in zip(found, session.trials, strict=True):
        assert np.abs(movie - trial.movie).max() < 4


@pytest.mark.parametrize("more", [-1, 5])
def test_a_film_may_have_a_frame_less_than_pulses_or_go_on(more, session, tmp_path):
    movie = session.movie[:more] if more < 0 else np.concatenate([session.movie, session.movie[:more]])
    layouts.write_video(tmp_path / "all.mp4", movie)
    file = free(session, external_file=["all.mp4"], starting_frame=[0], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    found = movies_of(open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,))))
    assert sum(map(len, found)) == len(session.movie) + min(more, 0)
    for movie, trial in zip(found, session.trials, strict=True):
        assert np.abs(movie - trial.movie[: len(movie)]).max() < 4


def test_files_of_one_movie_that_differ_in_type_are_told(session, tmp_path):
    """Joined, the unit of the ones would be taken for that of the others."""
    tifffile.imwrite(tmp_path / "a.tif", session.movie[:40].astype(np.uint8))
    tifffile.imwrite(tmp_path / "b.tif", session.movie[40:].astype(np.uint16) * 16)
    file = free(session, external_file=["a.tif", "b.tif"], starting_frame=[0, 40], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    with pytest.raises(
        ReverieError, match=r"files that differ in type or size \(uint16 .*, uint8 .*\); write them alike"
    ):
        open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))


def test_a_movie_in_a_file_that_is_nowhere_is_told(session, tmp_path):
    file = free(session, external_file=["C:\\lab\\gone.mp4"], starting_frame=[0], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    with pytest.raises(ReverieError, match=r"shown shows the movie in C:.*; put gone\.mp4 beside mine\.nwb"):
        open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))


def test_pictures_are_in_the_unit_of_their_series(session, tmp_path):
    stored = np.round(session.movie / 255 * 10_000).astype(np.uint16)
    file = free(session, data=stored, format="raw", conversion=1e-4)
    recording = open_recording(
        nwb_layouts.save(tmp_path / "mine.nwb", file), Reading(responses="/acquisition/cells", movie=(SHOWN,))
    )
    for movie, trial in zip(movies_of(recording), session.trials, strict=True):
        np.testing.assert_allclose(movie, trial.movie.round(), atol=0.02)


def test_pictures_on_their_side_are_said_and_may_be_put_upright(session, tmp_path):
    file = free(session, data=session.movie.transpose(0, 2, 1), format="raw")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = {"responses": "/acquisition/cells", "movie": (SHOWN,)}
    lying = open_recording(place, Reading(**chosen))
    assert any("higher than wide (64 x 36 pixels)" in note for note in lying.notes)
    upright = open_recording(place, Reading(**chosen, movie_axes="time-width-height"))
    assert not any("higher than wide" in note for note in upright.notes)
    for movie, trial in zip(movies_of(upright), session.trials, strict=True):
        np.testing.assert_array_equal(movie, trial.movie.round())
