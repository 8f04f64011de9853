from pathlib import Path

import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading, clip_and_file, with_absolute_paths


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"frame_rate": 0.0}, "frame_rate is 0.0 but must be above 0"),
        ({"rate": -8.0}, "rate is -8.0"),
        ({"trial_seconds": float("nan")}, "trial_seconds is nan but must be finite and above 0"),
        ({"degrees_per_pixel": float("inf")}, "degrees_per_pixel is inf"),
        ({"frame_size": (36, 0)}, "but each must be 1 to 4096"),
        ({"frame_size": (36, 10**20)}, "but each must be 1 to 4096"),
    ],
)
def test_impossible_numbers_are_refused(wrong, said):
    with pytest.raises(ReverieError, match=said):
        Reading(**wrong)


@pytest.mark.parametrize("given", ["clip=x=1.npy", "x=1.npy", "a=b=x=1.npy"])
def test_names_and_files_may_hold_signs_of_equality(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x=1.npy").touch()
    assert clip_and_file(given) == (given.removesuffix("x=1.npy").removesuffix("="), Path("x=1.npy"))


def test_files_are_found_from_another_folder_and_names_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("shown.csv", "run.csv", "clip.npy"):
        (tmp_path / name).touch()
    movies = ("a=clip.npy", "clip.npy", "/stimulus/shown", "natural_movie_one")
    given = Reading(frames_table=Path("shown.csv"), movie=movies, running="run.csv", pupil="/behaviour/eye")
    clip = str(tmp_path / "clip.npy")
    assert with_absolute_paths(given) == Reading(
        frames_table=tmp_path / "shown.csv",
        movie=(f"a={clip}", clip, *movies[2:]),
        running=str(tmp_path / "run.csv"),
        pupil="/behaviour/eye",
    )
    assert with_absolute_paths(Reading()) == Reading()
