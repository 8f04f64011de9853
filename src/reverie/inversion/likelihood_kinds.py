"""All kinds of likelihood fitted to one animal and one encoder, for methods to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import (
    EventLikelihood,
    GaussianLikelihood,
    JointLikelihood,
    Likelihood,
    PoissonLikelihood,
)


@dataclass(frozen=True)
class LikelihoodFits:
    """Every kind of likelihood fitted to one animal and one encoder, by name, and the one that is chosen."""

    kinds: Mapping[str, Likelihood]
    chosen: str

    def find(self, name: str) -> Likelihood:
        """Return a likelihood by its name, ``measured`` for the chosen one; raises ReverieError when there is none."""
        kind = self.chosen if name == "measured" else name
        if kind not in self.kinds:
            raise ReverieError(f"There is no likelihood {name!r}; choose one of: measured, {', '.join(self.kinds)}.")
        return self.kinds[kind]

    @property
    def single(self) -> Likelihood:
        """The chosen likelihood, or that of sizes where both were chosen, for uses with one statistic per response."""
        return self.kinds["sizes" if self.chosen == "both" else self.chosen]

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return all of them as arrays, for an ``.npz`` file."""
        named = {f"{kind}.{name}": array for kind, one in self.kinds.items() for name, array in one.to_arrays().items()}
        return {"chosen": np.array(self.chosen), **named}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "LikelihoodFits":
        """Return likelihoods from the arrays of ``to_arrays``; raises ReverieError when some are missing."""
        kinds: dict[str, dict[str, np.ndarray]] = {}
        for key, array in arrays.items():
            if "." in key:
                kind, name = key.split(".", 1)
                kinds.setdefault(kind, {})[name] = array
        if "chosen" not in arrays or str(arrays["chosen"]) not in kinds:
            raise ReverieError("The likelihood of an animal is incomplete; delete its file and fit it again.")
        return LikelihoodFits({kind: likelihood_of(its) for kind, its in kinds.items()}, str(arrays["chosen"]))


def likelihood_of(arrays: Mapping[str, np.ndarray]) -> Likelihood:
    """Return the likelihood with these parameters, whose names tell its kind; raises ReverieError without any."""
    values = {name: torch.tensor(array, dtype=torch.float32) for name, array in arrays.items()}
    if "dispersion" not in values or not all(bool(((v > 0) & torch.isfinite(v)).all()) for v in values.values()):
        raise ReverieError("The likelihood of an animal should hold `dispersion`, numbers above 0; fit it again.")
    if "size_dispersion" in values:
        return JointLikelihood(**values)
    if "frequency" in values:
        return EventLikelihood(values["frequency"], values["dispersion"])
    if "variance" in values:
        return GaussianLikelihood(values["variance"], values["dispersion"])
    return PoissonLikelihood(values["dispersion"])
