import numpy as np
import pytest

from reverie.foundation.errors import NotApplicable
from reverie.studies import excite as excite_module
from reverie.studies.excite import FRAMES, find_exciting_movies


@pytest.fixture(scope="module")
def excited(session):
    return find_exciting_movies(session, "mouse", session.sources.encoders[0], [0, 7, 100])


def test_movies_excite_the_true_neurons_more_than_any_training_movie(excited):
    found, rates = excited
    assert [each.neuron for each in found] == rates["neuron"].tolist() == [0, 7, 100]
    assert (rates["true_exciting"] > 1.2 * rates["true_natural"]).all()
    assert (rates["true_natural"] > rates["true_ordinary"]).all()
    # Here the encoder is the truth.
    np.testing.assert_allclose(rates["true_exciting"], rates["exciting"], rtol=1e-4)


def test_exciting_movies_have_the_size_range_and_contrast_of_movies(excited):
    for each in excited[0]:
        assert each.movie.shape == each.natural.shape == (FRAMES, 16, 24)
        assert each.movie.min() >= 0
        assert each.movie.max() <= 255
        assert each.movie.std() > 3


def test_movies_too_short_to_be_compared_with_are_told(session, monkeypatch):
    monkeypatch.setattr(excite_module, "FRAMES", 1000)
    with pytest.raises(NotApplicable, match="No training movie of mouse lasts the 1000 frames"):
        find_exciting_movies(session, "mouse", session.sources.encoders[0], [0])
