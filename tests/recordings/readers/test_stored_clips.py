"""Movies beside a recording in files of every kind: their unit is told from all of them, as that of arrays is."""

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import tifffile
from PIL import Image
from tests.recordings.readers import layouts
from tests.recordings.readers.layouts import write_video
from tests.worlds import open_recording

import reverie as rv
from reverie.foundation.errors import ReverieError
from reverie.recordings.readers import clips
from reverie.recordings.readers.clips import open_clip
from reverie.recordings.reading import Reading
from reverie.stimuli.video import read_movie


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


def read(folder, session, write, kind="onsets", **options):
    """Write suite2p's output with a table and the movies in another form, and open it."""
    layouts.write_suite2p(folder, session, kind=kind)
    for number in range(3):
        movie = np.load(folder / f"clip{number}.npy")
        (folder / f"clip{number}.npy").unlink()
        write(folder / f"clip{number}", movie)
    return open_recording(folder, Reading(rate=30.0, frames_table=folder / "shown.csv", **options))


def check(recording, session, atol):
    assert len(recording.tiers) == len(session.trials)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_allclose(recording.movie(name), trial.movie.round(), atol=atol)


def stack(ending, change, **options):
    return lambda place, movie: tifffile.imwrite(f"{place}{ending}", change(movie), **options)


def new_mat(place, movie):
    """As MATLAB writes version 7.3: HDF5 behind a header, with its axes the other way round."""
    with h5py.File(f"{place}.mat", "w", userblock_size=512) as file:
        file["movie"] = movie.transpose(0, 2, 1)
        file["rate"] = [[30.0]]
        file["#refs#/a"] = np.zeros((2, 3, 4))


def old_mat(place, movie):
    scipy.io.savemat(f"{place}.mat", {"movie": movie.transpose(1, 2, 0), "rate": 30.0, "info": {"by": "x"}})


def linked_h5(place, movie):
    with h5py.File(place.with_name(f"raw of {place.name}"), "w") as file:
        file["pictures"] = movie.round().astype(np.uint8)
    with h5py.File(f"{place}.h5", "w") as file:
        file["movie"] = h5py.ExternalLink(f"raw of {place.name}", "/pictures")


FORMS = {
    "8 bits": stack(".tif", lambda movie: movie),
    "16 bits": stack(".tif", lambda movie: movie.astype(np.uint16) * 257),
    "12 bits in 16": stack(".tif", lambda movie: (movie * (4095 / 255)).round().astype(np.uint16)),
    "8 bits in 16": stack(".TIF", lambda movie: movie.astype(np.uint16)),
    "shares of white": stack(".tif", lambda movie: (movie / 255).astype(np.float32)),
    "a stack of OME's": stack(".ome.tif", lambda movie: movie, ome=True, metadata={"axes": "TYX"}),
    "HDF5 that links to another": linked_h5,
    "MATLAB, old": old_mat,
    "MATLAB, new": new_mat,
}


def test_a_movie_compressed_by_a_filter_that_is_not_there_is_told_what_reads_it(session, tmp_path):
    def compressed(place, movie):
        values = movie.round().astype(np.uint8)
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk(values.shape)
        plan.set_filter(32768, h5py.h5z.FLAG_OPTIONAL)  # a number that no package has
        with h5py.File(f"{place}.h5", "w") as file:
            space = h5py.h5s.create_simple(values.shape)
            made = h5py.h5d.create(file.id, b"movie", h5py.h5t.NATIVE_UINT8, space, plan)
            made.write_direct_chunk((0, 0, 0), values.tobytes())

    with pytest.raises(
        ReverieError, match=r"h5:movie is compressed by a filter .* \(number 32768\); pip install hdf5plugin"
    ):
        _ = read(tmp_path, session, compressed, "frames").tiers


def test_a_movie_that_was_never_written_is_told(session, tmp_path):
    def claiming(place, movie):
        with h5py.File(f"{place}.h5", "w") as file:
            file.create_dataset("movie", (10**6, 160, 240), "u1", chunks=(1, 160, 240))

    with pytest.raises(ReverieError, match=r"h5:movie claims to hold .* but its file holds 0 bytes of them"):
        _ = read(tmp_path, session, claiming, "frames").tiers


@pytest.mark.parametrize("kind", ["frames", "onsets"])
@pytest.mark.parametrize("form", FORMS)
def test_white_and_upright_can_be_stated(form, kind, session, tmp_path):
    check(read(tmp_path, session, FORMS[form], kind), session, atol=0.1)


def test_a_stack_of_omes_may_be_named_with_its_endings(session, tmp_path):
    read(tmp_path, session, FORMS["a stack of OME's"])
    rows = pd.read_csv(tmp_path / "shown.csv")
    rows.assign(clip=rows["clip"] + ".ome.tif").to_csv(tmp_path / "shown.csv", index=False)
    check(open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv")), session, atol=0)


@pytest.mark.parametrize("deep", [{1}, {2}, {0, 2}])
def test_movies_of_8_and_of_more_bits_are_told_apart(deep, session, tmp_path):
    """The unit of the ones would make the others black, or more than white."""

    def write(place, movie):
        FORMS["12 bits in 16" if int(place.name[-1]) in deep else "8 bits"](place, movie)

    check(read(tmp_path, session, write), session, atol=0.1)


def test_a_file_of_matlab_that_is_about_a_movie_is_not_taken_for_it(session, tmp_path):
    def beside(place, movie):
        stack(".tif", lambda values: values)(place, movie)
        scipy.io.savemat(f"{place}.mat", {"author": "x"})

    check(read(tmp_path, session, beside), session, atol=0)


@pytest.mark.parametrize(
    "write", [lambda path: scipy.io.savemat(path, {"a": "x"}), lambda path: path.write_bytes(b"M")]
)
def test_a_file_of_matlab_without_a_movie_is_one_sentence(write, tmp_path):
    write(tmp_path / "clip.mat")
    with pytest.raises(ReverieError, match=r"clip\.mat (should hold one array|could not be read)"):
        open_clip(tmp_path / "clip.mat", Reading())


def test_a_film_that_is_cut_short_spoils_no_other(session, tmp_path, capsys):
    def write(place, movie):
        stack(".tif", lambda values: values)(place, movie)
        if place.name == "clip1":
            place.with_suffix(".tif").write_bytes(place.with_suffix(".tif").read_bytes()[:5000])

    recording = read(tmp_path, session, write)
    assert [recording[name].start for name in recording.tiers] == pytest.approx([session.onsets[0], session.onsets[2]])
    assert "clip1.tif is cut short" in capsys.readouterr().err


def test_how_an_array_was_taken_is_said(session, tmp_path):
    recording = read(tmp_path, session, lambda place, movie: np.save(f"{place}.npy", movie))
    assert any("clip0 to be 40 frames of 36 x 64 pixels (set with --movie-axes)" in note for note in recording.notes)


def test_a_picture_of_16_bits_is_not_all_white(tmp_path):
    grey = np.linspace(0, 60_000, 12 * 20).reshape(12, 20).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "picture.png")
    footage = open_clip(tmp_path / "picture.png", Reading()).footage
    np.testing.assert_array_equal(footage.values[0], grey)


def test_an_animation_keeps_its_size_and_rate(tmp_path):
    pictures = [Image.fromarray(np.full((40, 60), 20 * number, np.uint8)) for number in range(6)]
    for name in ("a.webp", "a.png"):
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=50, lossless=True)
        clip = open_clip(tmp_path / name, Reading())
        assert (clip.footage.values.shape, clip.rate) == ((6, 40, 60), pytest.approx(20.0))


@pytest.mark.parametrize("frames", [20, 50])
def test_time_may_be_the_last_axis_where_a_table_counts_frames(make_trial, tmp_path, frames):
    """Also of movies that last less long than their pictures are high."""
    session = layouts.session_of([make_trial(number, frames=frames) for number in range(3)])
    turned = {f"clip{n}": trial.movie.round().transpose(1, 2, 0) for n, trial in enumerate(session.trials)}
    check(read(tmp_path, session, lambda place, _: np.save(f"{place}.npy", turned[place.name]), "frames"), session, 0)
    rows = pd.read_csv(tmp_path / "shown.csv")
    check(rv.Recording.from_arrays("a", session.responses(30.0), movies=turned, shown=rows), session, 0)


def test_films_pictures_and_arrays_of_one_size_on_the_screen_go_together(session, tmp_path):
    """Films and pictures are averaged down as they are decoded, arrays when they are read."""

    def large(place, movie):
        movie = movie.repeat(4, axis=1).repeat(4, axis=2)
        if place.name == "clip0":
            write_video(f"{place}.mp4", movie)
        elif place.name == "clip1":
            Image.fromarray(movie[0]).save(f"{place}.png")
        else:
            np.save(f"{place}.npy", movie)

    layouts.write_suite2p(tmp_path, session, kind="onsets")
    for number in range(3):
        movie = np.load(tmp_path / f"clip{number}.npy")
        (tmp_path / f"clip{number}.npy").unlink()
        large(tmp_path / f"clip{number}", movie)
    lines = (tmp_path / "shown.csv").read_text().splitlines()
    ends = session.onsets + 40 / 30
    (tmp_path / "shown.csv").write_text("\n".join([f"{lines[0]},end", *map("{},{}".format, lines[1:], ends)]))
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))
    assert (len(recording.tiers), recording.frame_size) == (3, (72, 128))
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        expected = trial.movie.round().repeat(2, axis=1).repeat(2, axis=2)
        shown = expected if name != "1" else np.repeat(expected[:1], 40, axis=0)
        assert np.abs(recording.movie(name) - shown).max() < 5


def test_a_film_is_decoded_once(session, tmp_path, monkeypatch):
    """Its length says when it was over, and its pictures what was seen."""
    decoded = []
    monkeypatch.setattr(clips, "read_movie", lambda path, **asked: decoded.append(path) or read_movie(path, **asked))
    recording = read(tmp_path, session, lambda place, movie: write_video(place.with_suffix(".mkv"), movie))
    for name in recording.tiers:
        assert recording.movie(name).shape == session.trials[int(name)].movie.shape
    assert len(decoded) == len(set(decoded)) == 3
