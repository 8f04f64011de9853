import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.checkerboards import checkerboards


def test_squares_know_nothing_of_each_other():
    noise = checkerboards(400, np.random.default_rng(0), frame_size=(12, 20), square=4)
    squares = noise[:, ::4, ::4].reshape(400, -1)
    np.testing.assert_array_equal(np.repeat(np.repeat(noise[:, ::4, ::4], 4, 1), 4, 2), noise)
    correlation = np.corrcoef(squares.T)
    assert np.abs(correlation[np.triu_indices(15, 1)]).max() < 0.2
    assert abs(np.corrcoef(squares[1:].ravel(), squares[:-1].ravel())[0, 1]) < 0.05
    assert noise.mean() == pytest.approx(127.5, abs=4)


def test_greys_may_be_many_and_faint():
    noise = checkerboards(200, np.random.default_rng(0), square=6, gaussian=True, contrast=0.5)
    assert noise.std() == pytest.approx(127.5 / 3 / 2, rel=0.05)
    assert np.abs(noise - 127.5).max() <= 0.5 * 127.5 + 1e-3
    assert len(np.unique(noise)) > 1000


def test_squares_are_cut_where_they_do_not_fit():
    noise = checkerboards(2, np.random.default_rng(0), frame_size=(7, 10), square=4)
    assert noise.shape == (2, 7, 10)
    assert len(np.unique(noise[0, 4:, 8:])) == 1


def test_impossible_noise_is_refused():
    for wrong in ({"square": 0}, {"contrast": 1.5}):
        with pytest.raises(ReverieError, match="White noise"):
            checkerboards(3, np.random.default_rng(0), **wrong)
