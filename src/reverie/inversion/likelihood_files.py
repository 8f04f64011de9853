"""Likelihoods as arrays, for ``.npz`` files."""

from collections.abc import Mapping

import numpy as np
import torch

from reverie.foundation.errors import ReverieError
from reverie.inversion.joint_likelihood import JointLikelihood
from reverie.inversion.likelihood import EventLikelihood, GaussianLikelihood, Likelihood, PoissonLikelihood


def likelihood_arrays(noise: Likelihood) -> dict[str, np.ndarray]:
    """Return a noise as arrays, for an ``.npz`` file."""
    return {name: value.cpu().numpy() for name, value in vars(noise).items()}


def likelihood_from_arrays(arrays: Mapping[str, np.ndarray]) -> Likelihood:
    """Return the likelihood that ``likelihood_arrays`` laid out; raises ReverieError when something is missing."""
    values = {name: torch.tensor(array, dtype=torch.float32) for name, array in arrays.items()}
    if "dispersion" not in values or not all(bool(((v > 0) & torch.isfinite(v)).all()) for v in values.values()):
        raise ReverieError("The noise of an animal should hold `dispersion`, numbers above 0; measure it again.")
    if "size_dispersion" in values:
        return JointLikelihood(**values)
    if "frequency" in values:
        return EventLikelihood(values["frequency"], values["dispersion"])
    if "variance" in values:
        return GaussianLikelihood(values["variance"], values["dispersion"])
    return PoissonLikelihood(values["dispersion"])
