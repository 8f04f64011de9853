"""Videos whose pictures come at uneven times: their frames are counted where a recording numbers them."""

from fractions import Fraction

import av
import numpy as np
import pytest
from tests.recordings.readers import layouts, nwb_layouts
from tests.recordings.readers.nwb_layouts import SHOWN, free
from tests.worlds import open_recording

import reverie as rv
from reverie.recordings.readers.clips import open_clip
from reverie.recordings.reading import Reading

pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


@pytest.fixture
def filmed(session, tmp_path):
    """All clips in one video, with the pauses between them: each picture at the time at which it was shown."""
    return write_uneven(tmp_path / "all.mkv", session.movie, session.frame_times - session.frame_times[0])


def write_uneven(path, pictures, times):
    """Write pictures (time, height, width) without loss, each at its time in seconds."""
    with av.open(str(path), "w") as video:
        stream = video.add_stream("ffv1", rate=30)
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:], "gray"
        stream.codec_context.time_base = Fraction(1, 1000)
        for picture, time in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            video.mux(stream.encode(frame))
        video.mux(stream.encode(None))
    return path


def check(recording, session):
    assert len(recording.tiers) == len(session.trials)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        assert np.abs(recording.movie(name) - trial.movie).max() <= 1


def rows(session):
    return {"time": session.frame_times, "clip": "all", "frame": np.arange(len(session.movie))}


def test_a_table_of_frames_counts_pictures(session, filmed, tmp_path, capsys):
    layouts.write_suite2p(tmp_path, session)
    lines = [f"{time:.9f},all,{frame}" for frame, time in enumerate(session.frame_times)]
    (tmp_path / "shown.csv").write_text("\n".join(["time,clip,frame", *lines]))
    check(open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv")), session)
    assert "all.mkv shows its pictures at uneven times; here they are counted" in capsys.readouterr().err


def test_times_in_an_nwb_file_are_those_of_pictures(session, filmed, tmp_path):
    file = free(session, external_file=[filmed.name], starting_frame=[0], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    check(open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,))), session)


def test_numbers_given_in_python_are_those_of_pictures(session, filmed):
    recording = rv.Recording.from_arrays(
        "mouse", responses=session.responses(30.0), movies={"all": filmed}, shown=rows(session)
    )
    check(recording, session)


def test_a_table_of_onsets_shows_what_is_on_at_each_moment(session, filmed):
    """The pauses are part of the video, in which the last picture stays."""
    recording = rv.Recording.from_arrays(
        "mouse",
        responses=session.responses(30.0),
        movies={"all": filmed},
        shown={"onset": session.onsets[:1], "clip": ["all"]},
        reading=Reading(frame_rate=30.0, trial_seconds=1000.0),
    )
    movie = recording.movie("0")
    assert len(movie) == round((session.frame_times[-1] - session.frame_times[0]) * 30) + 1
    for onset, trial in zip(session.onsets - session.onsets[0], session.trials, strict=True):
        first = round(30 * onset)
        assert np.abs(movie[first : first + 40] - trial.movie).mean() < 3


def test_a_film_without_the_pictures_that_are_like_those_before_keeps_its_rate(session, tmp_path):
    kept = np.arange(40) % 4 != 3
    pictures = session.trials[0].movie.round().astype(np.uint8)
    place = write_uneven(tmp_path / "film.mkv", pictures[kept], np.arange(40)[kept] / 30)
    clip = open_clip(place, Reading())
    assert clip.rate == pytest.approx(30.0, rel=0.02)  # the times are whole milliseconds
    movie = np.asarray(clip.footage.values[:])
    for frame in np.flatnonzero(kept)[:8]:
        assert np.abs(movie[frame].astype(float) - pictures[frame]).max() <= 1


def test_times_rounded_to_milliseconds_are_even(tmp_path, capsys):
    pictures = np.random.default_rng(0).integers(0, 256, (150, 8, 12)).astype(np.uint8)
    clip = open_clip(write_uneven(tmp_path / "all.mkv", pictures, np.arange(150) / 24), Reading(), numbered=True)
    np.testing.assert_array_equal(np.asarray(clip.footage.values[:]), pictures)
    assert "uneven times" not in capsys.readouterr().err
