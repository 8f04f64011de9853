import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.inversion.ensembling import average
from reverie.inversion.problem import Progress, Solution


def found(level: float, frames: int = 4) -> Solution:
    return Solution(np.full((frames, 3, 3), level, np.float32), (Progress(1, 2.0, 5, level),), 2.0, 5)


def test_the_mean_and_how_far_models_are_apart():
    result = average([found(10.0), found(20.0), found(30.0)])
    np.testing.assert_allclose(result.movie, 20.0)
    assert result.std is not None
    np.testing.assert_allclose(result.std, np.sqrt(200 / 3), rtol=1e-6)
    assert [line.loss for line in result.trace] == [10.0, 20.0, 30.0]
    assert (result.seconds, result.passes) == (6.0, 15)


def test_one_model_is_itself():
    assert average([found(10.0)]).std is None


@pytest.mark.parametrize("models", [[], [found(1.0), found(1.0, frames=5)]])
def test_movies_that_cannot_be_averaged_are_refused(models):
    with pytest.raises(ReverieError, match="can be averaged"):
        average(models)
