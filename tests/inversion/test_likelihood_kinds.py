import numpy as np
import pytest
import torch

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import EventLikelihood, PoissonLikelihood
from reverie.inversion.likelihood_kinds import LikelihoodFits


def test_likelihoods_survive_being_laid_out():
    kinds = {
        "sizes": PoissonLikelihood(torch.tensor([1.0, 2.0])),
        "events": EventLikelihood(torch.tensor([0.5, 0.25]), torch.tensor([3.0, 1.0])),
    }
    again = LikelihoodFits.from_arrays(LikelihoodFits(kinds, "events").to_arrays())
    assert again.chosen == "events"
    assert set(again.kinds) == set(kinds)
    torch.testing.assert_close(again.find("sizes").dispersion, torch.tensor([1.0, 2.0]))
    torch.testing.assert_close(again.find("events").frequency, torch.tensor([0.5, 0.25]))


@pytest.mark.parametrize(
    "arrays", [{}, {"sizes.dispersion": np.ones(2)}, {"chosen": np.array("events"), "sizes.dispersion": np.ones(2)}]
)
def test_incomplete_likelihoods_are_refused(arrays):
    with pytest.raises(ReverieError, match="incomplete; delete its file"):
        LikelihoodFits.from_arrays(arrays)
