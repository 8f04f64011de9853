import numpy as np

from reverie.stimuli.tables import grating_stimuli, noise_square, noise_stimuli


def test_every_cell_of_noise_has_its_scale_and_both_polarities():
    stimuli = noise_stimuli((8.0, 0.0), (0.0, 4.0), frames=40, both_polarities=True, seed=3)
    assert [(one.row, one.column) for one in stimuli[::2]] == [(8, 0), (8, 4), (0, 0), (0, 4)]
    assert len({one.name for one in stimuli}) == 8
    square = noise_square()
    change = {}
    for drawn, negative in zip(stimuli[::2], stimuli[1::2], strict=True):
        assert drawn.movie.shape == (40, 36, 64)
        assert (drawn.movie[:, ~square] == 127.5).all()
        np.testing.assert_allclose(drawn.movie + negative.movie, 255.0, atol=1e-3)
        change[drawn.row, drawn.column] = [
            float(np.abs(np.diff(drawn.movie[:, square].reshape(40, 36, 36), axis=axis)).mean()) for axis in (0, 2)
        ]
    assert change[8, 4][0] < 0.5 * change[8, 0][0]  # slower
    assert change[8, 0][1] < 0.5 * change[0, 0][1]  # coarser


def test_the_same_seed_draws_the_same_noise_and_another_another():
    first, again, other = (
        noise_stimuli((2.0,), (2.0,), frames=5, both_polarities=False, seed=seed)[0].movie for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 10


def test_gratings_come_in_every_frequency_and_direction():
    stimuli = grating_stimuli((0.018, 0.071), (0.0, 15.0), (0.0, 90.0), frames=6)
    assert len(stimuli) == 8
    still, flipping = stimuli[0].movie, stimuli[2].movie
    assert (still == still[:1]).all()
    np.testing.assert_array_equal(flipping[1:], 255.0 - flipping[:-1])
    down = stimuli[1].movie
    assert (down == down[:, :, :1]).all()
    assert (still == still[:, :1]).all()
