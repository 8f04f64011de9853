import numpy as np
import pytest
import torch

from reverie.cli.main import main
from reverie.encoders.checkpoints import load_encoder
from reverie.fitted.materials import Materials, Sources
from reverie.foundation.errors import ReverieError
from reverie.jobs.job import Clip, Job, problem_of
from reverie.jobs.settings import ReconstructionSettings
from reverie.jobs.showings import first_showings, other_showings
from reverie.recordings.readers.sensorium import open_recordings


def shown_again(world, animal, trial, like):
    """Make a trial show the movie of another."""
    videos = world.data / animal / "data/videos"
    (videos / f"{trial}.npy").write_bytes((videos / f"{like}.npy").read_bytes())


@pytest.fixture
def materials(small_world):
    shown_again(small_world, "alpha", 3, like=1)
    shown_again(small_world, "beta", 3, like=1)
    recordings = open_recordings(small_world.data)
    encoders = {small_world.encoder: load_encoder(small_world.encoder)}
    found = Materials(Sources(small_world.data, (small_world.encoder,)), recordings, encoders, torch.device("cpu"))
    found.__dict__["masks"] = dict.fromkeys(recordings, np.full((36, 64), 1.2, np.float32))
    return found


def names_of(clips):
    return [(clip.animal, clip.name) for clip in clips]


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        ("nothing", []),
        ("repeats", [("alpha", "3")]),
        ("animals", [("beta", "1")]),
        ("all", [("alpha", "3"), ("beta", "1"), ("beta", "3")]),
    ],
)
def test_showings_of_the_same_movie_are_found(materials, join, expected):
    assert names_of(other_showings(materials, Clip("alpha", "1"), join)) == expected


def test_each_movie_is_reconstructed_once(materials):
    names = {"alpha": ["1", "2", "3"], "beta": ["1", "3"]}
    assert first_showings(materials, names, "nothing") == names
    assert first_showings(materials, names, "repeats") == {"alpha": ["1", "2"], "beta": ["1"]}
    assert first_showings(materials, names, "all") == {"alpha": ["1", "2"]}


def test_joined_showings_are_observations_of_one_problem(materials):
    folder = materials.sources.encoders[0]
    clip = Clip("alpha", "1")
    job = Job(clip, (folder,), ReconstructionSettings("map"), together=other_showings(materials, clip, "all"))
    observations = problem_of(job, materials).observations
    assert [each.mouse for each in observations] == ["alpha", "alpha", "beta", "beta"]
    expected = materials.recordings["beta"].trial("3")
    assert np.array_equal(observations[3].responses.numpy(), expected.responses)
    assert np.array_equal(observations[3].state.numpy(), expected.state)
    assert job.fingerprint(materials) != Job(clip, (folder,), ReconstructionSettings("map")).fingerprint(materials)


def test_something_else_cannot_be_joined(materials):
    with pytest.raises(ReverieError, match="cannot be joined"):
        other_showings(materials, Clip("alpha", "1"), "neighbours")


def test_a_run_of_joined_animals_says_so(small_world, tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((36, 64), 1.2))
    words = ["reconstruct", small_world.data, small_world.encoder, "--trials", "oracle", "--method", "map"]
    words += ["--join", "animals", "--draws", "1", "--steps", "4", "--mask", tmp_path / "mask.npz"]
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in [*words, "--out", tmp_path / "run"]])
    assert stopped.value.code == 0
    assert [path.parent.parent.name for path in (tmp_path / "run").glob("*/*/movie.npz")] == ["alpha"]
    notes = np.load(tmp_path / "run/alpha/6/evidence.npz")["notes"]
    assert any("also beta trial 6" in str(note) for note in notes)
    assert np.load(tmp_path / "run/alpha/6/movie.npz")["spread"].shape == (64, 36, 64)
