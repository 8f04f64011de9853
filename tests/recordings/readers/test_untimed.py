"""Movies beside a recording that do not say how fast they were shown."""

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image
from tests.recordings.readers import layouts
from tests.worlds import open_recording

from reverie.recordings.reading import Reading


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


def as_pictures(folder, movie):
    folder.mkdir()
    for number, frame in enumerate(movie):
        Image.fromarray(frame).save(folder / f"{number:03d}.png")


WRITERS = {
    "a stack": lambda place, movie: tifffile.imwrite(place.with_suffix(".tif"), movie),
    "a folder of pictures": as_pictures,
    "an array": lambda place, movie: np.save(place.with_suffix(".npy"), movie),
}


def written(folder, session, write):
    """Write suite2p's output with a table of onsets and the movies in another form."""
    layouts.write_suite2p(folder, session, kind="onsets")
    for number in range(3):
        movie = np.load(folder / f"clip{number}.npy")
        (folder / f"clip{number}.npy").unlink()
        write(folder / f"clip{number}", movie)
    return {"rate": 30.0, "frames_table": folder / "shown.csv"}


@pytest.mark.parametrize("kind", WRITERS)
def test_movies_without_times_run_at_30_hz_with_a_note(tmp_path, session, kind):
    recording = open_recording(tmp_path, Reading(**written(tmp_path, session, WRITERS[kind])))
    assert recording.frame_rate == pytest.approx(30.0)
    assert any("(clip0, clip1, clip2)" in note and "at 30 frames a second" in note for note in recording.notes)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())
        np.testing.assert_allclose(recording.responses(name), trial.responses, rtol=1e-4, atol=1e-4)


def test_another_rate_may_be_given(tmp_path, session):
    recording = open_recording(tmp_path, Reading(**written(tmp_path, session, WRITERS["a stack"]), frame_rate=20.0))
    assert recording.frame_rate == pytest.approx(20.0)
    assert {recording.frames(name) for name in recording.tiers} == {40}
    assert not any("frames a second" in note for note in recording.notes)


def test_an_array_that_may_lie_either_way_is_said_to_be_taken_as_it_is_where_its_rate_is_given(tmp_path, session):
    def cubes(place, movie):
        np.save(place.with_suffix(".npy"), np.zeros((20, 20, 40), np.uint8))

    recording = open_recording(tmp_path, Reading(**written(tmp_path, session, cubes), frame_rate=20.0))
    assert any("taken to be 20 frames of 20 x 40 pixels (set with --movie-axes)" in note for note in recording.notes)


def test_the_rate_that_imagej_keeps_is_taken(tmp_path, session):
    def imagej(place, movie):
        tifffile.imwrite(place.with_suffix(".tif"), movie, imagej=True, metadata={"axes": "TYX", "fps": 20.0})

    recording = open_recording(tmp_path, Reading(**written(tmp_path, session, imagej)))
    assert recording.frame_rate == pytest.approx(20.0)
    assert not any("how fast" in note for note in recording.notes)


def test_clips_are_found_by_the_names_in_the_table_beside_files_about_them(tmp_path, session):
    layouts.write_suite2p(tmp_path, session, kind="onsets")
    table = tmp_path / "shown.csv"
    for number in range(3):
        (tmp_path / f"clip{number}.npy").rename(tmp_path / f"00{number}.npy")
        (tmp_path / f"00{number}.txt").write_text("what it shows")
    table.write_text(table.read_text().replace(",clip", ",00").replace(",00,", ",clip,", 1))
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=table))
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


@pytest.mark.parametrize(("cell", "taken"), [("clip{}.avi", "avi"), ("clip{}", "avi"), ("clip{}.png", "png")])
def test_files_of_one_name_are_chosen_by_the_path_in_the_table_or_else_the_movie(tmp_path, session, cell, taken):
    """A preview and a sound lie beside a film."""
    layouts.write_suite2p(tmp_path, session, kind="onsets")
    table = pd.read_csv(tmp_path / "shown.csv")
    table = table.assign(clip=[cell.format(number) for number in range(3)], end=table["onset"] + 40 / session.rate)
    table.to_csv(tmp_path / "shown.csv", index=False)
    for number, trial in enumerate(session.trials):
        (tmp_path / f"clip{number}.npy").unlink()
        layouts.write_video(tmp_path / f"clip{number}.avi", trial.movie.round().astype(np.uint8))
        Image.fromarray(trial.movie[0].round().astype(np.uint8)).save(tmp_path / f"clip{number}.png")
        (tmp_path / f"clip{number}.wav").write_bytes(b"RIFF")
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))
    for name in recording.tiers:
        assert (np.ptp(recording.movie(name), axis=0).max() > 0) == (taken == "avi")


def test_a_picture_in_a_table_is_a_movie_that_stands_still_as_long_as_it_was_shown(tmp_path, session):
    def first(place, movie):
        Image.fromarray(movie[0]).save(place.with_suffix(".png"))

    reading = written(tmp_path, session, first)
    lines = reading["frames_table"].read_text().split()
    rows = [f"{line},{float(line.split(',')[0]) + 40 / 30}" for line in lines[1:]]
    reading["frames_table"].write_text("\n".join([f"{lines[0]},end", *rows]))
    recording = open_recording(tmp_path, Reading(**reading))
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie[:1].round().repeat(40, axis=0))
        np.testing.assert_allclose(recording.responses(name), trial.responses, rtol=1e-4, atol=1e-4)
