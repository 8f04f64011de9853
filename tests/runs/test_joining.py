"""Runs in which several trials, animals or encoders make one movie, and the control of shuffled responses."""

import shutil

import numpy as np
import pytest
from tests.runs.tiny_runs import reconstruct, sources_of
from tests.worlds import fitted_to, opened, scale_responses, show_again

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.uncertainty import WITHOUT_ERRORS
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import write_npz
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge
from reverie.inversion.methods.weighing import Weights
from reverie.runs.options import Joining
from reverie.runs.reconstructing import reconstruct_trials
from reverie.runs.run import Run
from reverie.scoring.calibration import Calibration
from reverie.scoring.error_model import ErrorModel, LearnedErrors

pytestmark = pytest.mark.usefixtures("not_drawn")


def test_movies_of_several_encoders_are_averaged_or_their_gradients(tiny_world, mask, out, tmp_path):
    shutil.copytree(tiny_world.encoder, tmp_path / "twin")
    pair, method = (tmp_path / "twin",), Paper(steps=3, blur=0.0)
    run = Run(method)
    reconstruct_trials(sources_of(tiny_world, mask=mask), tmp_path / "one", trials=("6",), run=run)
    reconstruct_trials(sources_of(tiny_world, *pair, mask=mask), tmp_path / "two", trials=("6",), run=run)
    gradients = Run(method, Joining(combine="gradients"))
    reconstruct_trials(sources_of(tiny_world, *pair, mask=mask), tmp_path / "both", trials=("6",), run=gradients)
    one, two, both = (Reconstruction.load(tmp_path / name / "alpha/6") for name in ("one", "two", "both"))
    np.testing.assert_allclose(one.frames, two.frames, atol=1e-3)
    np.testing.assert_allclose(one.frames, both.frames, atol=1e-2)
    assert two.trace["model"].tolist() == [0, 0, 0, 1, 1, 1]
    assert both.trace["model"].tolist() == [0, 0, 0]
    assert (two.std < 0.01).all()  # two equal models are not apart
    assert both.std is None


def test_joined_animals_are_one_movie_that_says_so(tiny_world, mask, out):
    reconstruct(tiny_world, out, "oracle", animals=(), mask=mask, joining=Joining(join="animals"))
    assert [path.parent.parent.name for path in out.glob("*/*/reconstruction.json")] == ["alpha"]
    assert any("also beta trial 6" in note for note in Reconstruction.load(out / "alpha/6").notes)


def test_joined_animals_with_a_foreign_encoder_are_named(tiny_world, mask, out):
    encoder = load_encoder(tiny_world.encoder)
    # Responses of the tiny world are noise: no encoder can have been trained on them to correlate at 0.6.
    save_encoder(encoder, tiny_world.encoder, about={**encoder.about, "validation_correlation": {"beta": 0.6}})
    reconstruct(tiny_world, out, "oracle", animals=(), mask=mask, joining=Joining(join="animals"))
    notes = Reconstruction.load(out / "alpha/6").notes
    assert sum(note.startswith("Responses of beta to training trials correlate") for note in notes) == 1


def test_joined_animals_without_learned_errors_are_named(tiny_world, out, capsys):
    nothing = np.full((12, 16), 90.0, np.float32)
    learned = LearnedErrors(
        ErrorModel(np.ones(4), 0.0, np.zeros(4), np.ones(4)),
        Calibration(1.0, np.array([0.7, 1.4, 2.5]), np.zeros(3), np.zeros(3), ("6",)),
        nothing,
        0 * nothing,
    )
    for animal, errors in (("alpha", learned.to_arrays()), ("beta", {})):
        fitted = fitted_to(tiny_world, animal, animals=())
        save_mask(fitted.place("mask"), np.full((12, 16), 1.2, np.float32))
        for part in ("weights", "followed_weights"):
            write_npz(fitted.place(part), Weights("sizes", 0.75, 100.0).to_arrays())
        write_npz(fitted.place("errors"), errors)
    for folder, joining, told in (("alone", Joining(), False), ("joined", Joining(join="animals"), True)):
        capsys.readouterr()
        reconstruct(tiny_world, out / folder, "6", animals=(), method=Combined(), joining=joining)
        found = Reconstruction.load(out / folder / "alpha/6")
        assert (found.std is None) == told
        expected = WITHOUT_ERRORS.format("beta")
        assert (expected in found.notes) == told
        assert capsys.readouterr().err.count(expected) == 1
    assert expected in Reconstruction.load(out / "alone/beta/6").notes


def test_joined_animals_are_believed_wherever_one_of_them_sees(tiny_world, out):
    session = opened(tiny_world, animals=())
    halves = {"alpha": np.s_[:, :9], "beta": np.s_[:, 7:]}
    for animal, seen in halves.items():
        mask = np.zeros((12, 16), np.float32)
        mask[seen] = 1.2
        save_mask(session.fitted(animal, tiny_world.encoder).place("mask"), mask)
    method = Paper(steps=2, stride=32)
    reconstruct(tiny_world, out, "6", animals=(), method=method, joining=Joining(join="animals"))
    found = Reconstruction.load(out / "alpha/6")
    assert (found.mask >= 1).all()
    moved = found.frames.std(axis=0) > 0
    assert moved[:, :6].any()
    assert moved[:, 10:].any()


def test_repeats_are_joined_and_each_movie_comes_once(tiny_world, mask, out):
    show_again(tiny_world, "alpha", "3", like="1")
    scores = reconstruct(tiny_world, out, "1", "3", mask=mask, joining=Joining(join="repeats"))
    assert scores["trial"].tolist() == ["1"]
    assert any("2 showings of this movie" in note for note in Reconstruction.load(out / "alpha/1").notes)


def test_no_other_animal_is_said(tiny_world, mask, out, capsys):
    reconstruct(tiny_world, out, "6", mask=mask, joining=Joining(join="animals"))
    assert "no other animals to join" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("method", "joining", "sentence"),
    [
        (Ridge(), Joining(join="repeats"), "`ridge` reads one trial; choose `map` to join several"),
        (Paper(), Joining(shuffle_control=True), "not a control for the method `paper`; use `combined`"),
    ],
)
def test_impossible_joins_are_refused_before_any_work(tiny_world, out, method, joining, sentence):
    with pytest.raises(NotApplicable, match=sentence):
        reconstruct(tiny_world, out, "6", method=method, joining=joining)
    assert not out.exists()


def test_a_shuffle_control_is_told_of_and_kept(tiny_world, mask, out):
    reconstruct(tiny_world, out, "6", mask=mask, joining=Joining(shuffle_control=True))
    assert any("shuffled between neurons" in note for note in Reconstruction.load(out / "alpha/6").notes)
    (kept,) = (out / "jobs").glob("*/shuffled/movie.npz")
    written = kept.stat().st_mtime_ns
    scale_responses(tiny_world, "6", 3.0)
    reconstruct(tiny_world, out, "6", mask=mask, joining=Joining(shuffle_control=True))
    (other,) = set((out / "jobs").glob("*/shuffled/movie.npz")) - {kept}
    assert not np.allclose(np.load(other)["movie"], np.load(kept)["movie"])
    assert kept.stat().st_mtime_ns == written
    with pytest.raises(ReverieError, match="not a control for the method `paper`; use `combined`"):
        reconstruct(
            tiny_world,
            out.with_name("paper"),
            "6",
            mask=mask,
            method=Paper(steps=2),
            joining=Joining(shuffle_control=True),
        )
