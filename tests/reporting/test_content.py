import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.reporting.content import TrialContent

MOVIE = np.zeros((5, 3, 4), np.float32)
MASK = np.array([[0.2, 0.5, 1.0, 1.3]] * 3, np.float32)


def test_regions_start_at_their_thresholds() -> None:
    trial = TrialContent("a", "1", MOVIE, MASK)
    assert trial.training_region[0].tolist() == [False, True, True, True]
    assert trial.evaluation_region[0].tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("truth", np.zeros((6, 3, 4), np.float32)),
        ("std", np.zeros((5, 3, 5), np.float32)),
        ("mask", np.zeros((4, 3), np.float32)),
        ("information", np.zeros((4, 3), np.float32)),
        ("state", np.zeros((4, 6), np.float32)),
        ("responses", np.zeros((7, 4), np.float32)),
    ],
)
def test_arrays_of_another_trial_are_refused(name: str, value: np.ndarray) -> None:
    arrays = {"reconstruction": MOVIE, "mask": MASK, name: value}
    with pytest.raises(ReverieError, match=f"a · trial 1: .*{name}"):
        TrialContent(animal="a", trial="1", **arrays)


def test_responses_of_other_neurons_are_refused() -> None:
    with pytest.raises(ReverieError, match="number of neurons"):
        TrialContent("a", "1", MOVIE, MASK, responses=np.zeros((7, 5), np.float32), rates=np.zeros((6, 5), np.float32))
