import numpy as np
import pytest
from tests.worlds import fitted_to

from reverie.fitted.fitting import fit
from reverie.fitted.solving import solve_trial
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npz
from reverie.inversion.methods.combined import Combined, Weights
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge

SEARCH = Map(draws=0, likelihood="sizes")


@pytest.fixture
def fitted(tiny_world, quick_masks):
    """All but the calibrations; the most probable movie has three quarters of the combined one."""
    fitted = fit(fitted_to(tiny_world), ["mask", "prior", "likelihood", "ridge"])
    write_npz(fitted.place("weights"), Weights("sizes", 0.75).to_arrays())
    return fitted


@pytest.fixture
def trial(fitted):
    return fitted.subject.recording.trial("6")


def test_ridge_is_its_decoder(fitted, trial):
    found = solve_trial(fitted, trial, Ridge())
    np.testing.assert_array_equal(found.movie, fitted.ridge.decode(trial.responses))
    assert found.passes == 0


def test_the_combined_movie_weighs_the_other_two(fitted, trial):
    probable, linear = (solve_trial(fitted, trial, method).movie for method in (SEARCH, Ridge()))
    combined = solve_trial(fitted, trial, Combined(draws=0)).movie
    np.testing.assert_allclose(combined, 0.75 * probable + 0.25 * linear, atol=1e-3)
    asked_for = solve_trial(fitted, trial, Combined(draws=0, map_share=0.0)).movie
    np.testing.assert_allclose(asked_for, linear, atol=1e-3)


def test_another_linear_decoder_may_take_part(fitted, trial):
    class Black(type(fitted.ridge)):
        """Sees nothing."""

        def estimate(self, responses, state):
            return np.zeros((responses.shape[1], 12, 16), np.float32), 0

    black = Black(**vars(fitted.ridge))
    probable = solve_trial(fitted, trial, SEARCH).movie
    np.testing.assert_allclose(
        solve_trial(fitted, trial, Combined(draws=0), ridge=black).movie, 0.75 * probable, atol=1e-3
    )


def test_the_published_method_moves_pixels_of_the_mask_it_is_given(fitted, trial):
    half = np.zeros((12, 16), np.float32)
    half[:6] = 1.0
    whole, upper = (solve_trial(fitted, trial, Paper(steps=3), mask=mask).movie for mask in (None, half))
    assert whole[:, 6:].std() > 0
    assert (upper[:, 6:] == 127.5).all()
    assert upper[:, :6].std() > 0


def test_what_is_missing_is_named(tiny_world, fitted, trial):
    with pytest.raises(ReverieError, match="has no responses"):
        solve_trial(fitted, fitted.subject.recording.trial("7"), Combined())
    bare = fitted_to(tiny_world, seed=1)
    for method, part in ((Paper(), "mask"), (Map(), "likelihood"), (Combined(), "weights"), (Ridge(), "ridge")):
        with pytest.raises(ReverieError, match=f"The {part} of alpha was not fitted"):
            solve_trial(bare, trial, method)
