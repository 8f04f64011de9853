"""Movies in NWB files, and in files that they name: where these lie, their length, their unit, their axes."""

import h5py
import numpy as np
import pytest
import tifffile
from pynwb.base import Images
from pynwb.image import GrayscaleImage, ImageSeries, IndexSeries
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
        ReverieError, match=r"files that differ in type or size \(uint16 .*, uint8 .*\); give them one type and size"
    ):
        open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))


@pytest.mark.parametrize(("first", "held"), [(38, 2), (40, 0), (55, 0)])
def test_the_first_frame_of_each_file_says_how_much_of_the_file_before_was_shown(first, held, session, tmp_path):
    np.save(tmp_path / "a.npy", session.movie[:first])
    np.save(tmp_path / "b.npy", session.movie[40:])
    file = free(session, external_file=["a.npy", "b.npy"], starting_frame=[0, 40], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    found = np.concatenate(movies_of(open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))))
    wanted = session.movie.copy()
    wanted[40 - held : 40] = wanted[40 - held - 1] if held else wanted[40:40]
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("first", [0, 1])
def test_some_writers_number_the_files_where_their_first_frames_should_stand(first, session, tmp_path):
    np.save(tmp_path / "a.npy", session.movie[:40])
    np.save(tmp_path / "b.npy", session.movie[40:])
    file, numbers = free(session), [first, first + 1]
    shown = {"external_file": ["a.npy", "b.npy"], "starting_frame": numbers, "format": "external", "num_samples": 120}
    file.add_stimulus(ImageSeries(name="shown", unit="n.a.", rate=30.0, starting_time=1.0, **shown))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    found = movies_of(open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,))))
    np.testing.assert_array_equal(np.concatenate(found), session.movie)


@pytest.mark.parametrize("lacking", [0, 30])
def test_a_series_without_times_says_how_much_of_its_file_was_shown(lacking, session, tmp_path):
    film = np.concatenate([session.movie, session.movie[:20]])
    np.save(tmp_path / "a.npy", film[: len(session.movie) - lacking] if lacking else film)
    file = free(session)
    shown = {"external_file": ["a.npy"], "starting_frame": [0], "format": "external", "num_samples": len(session.movie)}
    file.add_stimulus(ImageSeries(name="shown", unit="n.a.", rate=30.0, starting_time=1.0, **shown))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = Reading(responses="/acquisition/cells", movie=(SHOWN,))
    if lacking:
        with pytest.raises(ReverieError, match=r"shows 120 frames, but its files hold 90; bring back the whole"):
            open_recording(place, chosen)
    else:
        found = np.concatenate(movies_of(open_recording(place, chosen)))
        np.testing.assert_array_equal(found, session.movie)


def test_a_file_that_lacks_much_of_what_was_shown_is_told(session, tmp_path):
    np.save(tmp_path / "a.npy", session.movie[:30])
    np.save(tmp_path / "b.npy", session.movie[40:])
    file = free(session, external_file=["a.npy", "b.npy"], starting_frame=[0, 40], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    with pytest.raises(ReverieError, match=r"shows 40 frames of a\.npy, which has 30; bring back the whole file"):
        open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))


def test_colours_may_come_before_rows(session, tmp_path):
    coloured = np.repeat(session.movie[:, None], 3, axis=1)
    place = nwb_layouts.save(tmp_path / "mine.nwb", free(session, data=coloured, format="raw"))
    found = movies_of(open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,))))
    np.testing.assert_allclose(np.concatenate(found), session.movie, atol=0.01)


def test_a_movie_of_volumes_is_refused(session, tmp_path):
    volumes = np.zeros((len(session.movie), 12, 16, 9), np.uint8)
    place = nwb_layouts.save(tmp_path / "mine.nwb", free(session, data=volumes, format="raw"))
    with pytest.raises(ReverieError, match="no axis holds colours; is it a movie"):
        open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))


def indexed_file(path, session, numbers, times):
    """A file in which a template is shown by index."""
    file = free(session)
    file.add_stimulus_template(ImageSeries(name="all", data=session.movie, unit="n.a.", format="raw", rate=30.0))
    place = nwb_layouts.save(path, file)
    with h5py.File(place, "a") as written:
        shown = written.create_group("stimulus/presentation/by_index")
        shown.attrs["neurodata_type"] = "IndexSeries"
        shown["data"], shown["timestamps"] = numbers, times
        shown["indexed_timeseries"] = h5py.SoftLink("/stimulus/templates/all")
    return place


@pytest.mark.parametrize("grey", [-1.0, np.nan])
def test_a_short_grey_screen_ends_a_showing(grey, session, tmp_path):
    """No picture was on the screen then, so that the one before must not be taken to have stayed."""
    numbers = np.concatenate([np.arange(40.0), np.full(15, grey), np.arange(40.0, 80.0)])
    place = indexed_file(tmp_path / "mine.nwb", session, numbers, 2 + np.arange(95) / 30)
    chosen = Reading(responses="/acquisition/cells", movie=("/stimulus/presentation/by_index",))
    recording = open_recording(place, chosen)
    assert [recording[name].start for name in recording.tiers] == pytest.approx([2.0, 2 + 55 / 30])
    for movie, wanted in zip(movies_of(recording), (session.movie[:40], session.movie[40:80]), strict=True):
        np.testing.assert_array_equal(movie, wanted)


def test_indices_that_seem_to_be_counted_from_1_are_asked_about(session, tmp_path):
    numbers = np.tile(np.arange(1.0, 80.0), 2)
    place = indexed_file(tmp_path / "mine.nwb", session, numbers, 2 + np.arange(len(numbers)) / 30)
    chosen = Reading(responses="/acquisition/cells", movie=("/stimulus/presentation/by_index",))
    assert any("are frames counted from 1?" in note for note in open_recording(place, chosen).notes)


def test_pictures_in_a_container_may_be_put_upright(session, tmp_path):
    file = free(session)
    drawn = [GrayscaleImage(name=f"picture{n:04d}", data=frame.T) for n, frame in enumerate(session.movie)]
    pictures = Images(name="pictures", images=drawn)
    file.add_stimulus_template(pictures)
    numbers = np.arange(len(session.movie), dtype=np.uint32)
    shown = {"name": "shown", "data": numbers, "unit": "N/A", "timestamps": session.frame_times}
    file.add_stimulus(IndexSeries(**shown, indexed_images=pictures))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = Reading(responses="/acquisition/cells", movie=(SHOWN,), movie_axes="time-width-height")
    np.testing.assert_array_equal(np.concatenate(movies_of(open_recording(place, chosen))), session.movie)


def test_movies_of_one_name_in_two_places_are_two(session, tmp_path):
    file = free(session)
    half = len(session.movie) // 2
    for add, part in ((file.add_stimulus, slice(0, half)), (file.add_acquisition, slice(half, None))):
        times = session.frame_times[part]
        add(ImageSeries(name="movie", data=session.movie[part], unit="n.a.", format="raw", timestamps=times))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = ("/stimulus/presentation/movie", "/acquisition/movie")
    recording = open_recording(place, Reading(responses="/acquisition/cells", movie=chosen))
    np.testing.assert_array_equal(np.concatenate(movies_of(recording)), session.movie)


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
