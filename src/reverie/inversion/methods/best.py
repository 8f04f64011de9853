"""The best movie we know how to make: the most probable one given compressed responses, averaged with the linear one.

The two err differently: ridge regression knows nothing of neurons that respond to both contrasts, the encoder's inverse
follows the encoder's errors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from reverie.encoders.contract import Encoder
from reverie.encoders.registry import build, name_architecture
from reverie.foundation.arrays import Mask, Movie, Responses, State
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import tracked
from reverie.inversion.likelihood import Likelihood, likelihood_arrays, likelihood_from_arrays
from reverie.inversion.likelihood_fit import KINDS, Kind, fit_likelihood
from reverie.inversion.linear.contract import Decoder, Population
from reverie.inversion.linear.response_features import compress
from reverie.inversion.linear.ridge import RidgeDecoder
from reverie.inversion.methods.adaptation import ADAPTATION, adapt, compressed_trials
from reverie.inversion.methods.map import Map
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Observation, Problem, Solution
from reverie.inversion.solve import solve
from reverie.recordings.trial import Trial
from reverie.scoring.rule import scored_region
from reverie.training.settings import TrainingSettings

LIKELIHOOD_TRIALS = 16
"""Training trials, evenly chosen, that the likelihood is fitted to."""

EVEN = 0.5
"""The share of the most probable movie where there are no validation trials to measure a better one on."""


FOLLOWING = Map(steps=150, follow=2, draws=0)
"""How the most probable movie is found: with the camera's motion measured in it twice."""


@dataclass(frozen=True)
class Best:
    """`map` that follows the camera, averaged with `ridge` by the share that was best on validation trials."""

    name: ClassVar[str] = "best"

    map_share: float | None = None
    """Share of the most probable movie, 0 to 1; by default the one measured on validation trials."""
    follow: int | None = None
    """How often to measure how the camera moves; twice unless said."""
    blur: float = 0.0
    """Gaussian sigma of a final blur, in pixels and frames."""


@dataclass(frozen=True)
class BestDecoder(Decoder):
    """share · map + (1 − share) · ridge, where map is the most probable movie (``Map``) given responses ^ power.

    encoder: adapted to the compressed responses. likelihood: of these around its rates. prior: over movies.
    ridge: the linear decoder, whose power is the one used.
    """

    population: Population
    ridge: RidgeDecoder
    encoder: Encoder
    prior: GaussianPrior
    likelihood: Likelihood
    share: float
    solver: Map = FOLLOWING
    kind: str = "best"

    def altered(self, share: float | None, follow: int | None) -> "BestDecoder":
        """Return the decoder with another share, and following the camera as often as said; None leaves it as it is."""
        solver = self.solver if follow is None else replace(self.solver, follow=follow)
        return replace(self, share=self.share if share is None else share, solver=solver)

    def estimate(self, responses: Responses, state: State | None) -> tuple[Movie, int]:
        """Return the movie before it is cut to 0-255; raises ReverieError when there is no state."""
        probable = self.most_probable(responses, state)
        movie: Movie = self.share * probable.movie
        if self.share < 1:
            movie = movie + (1 - self.share) * self.ridge.decode(responses)
        return movie, probable.passes

    def most_probable(self, responses: Responses, state: State | None) -> Solution:
        """Return the most probable movie given the compressed responses and the state."""
        if state is None:
            raise ReverieError("The decoder `best` needs the animal's state, (4, time), beside its responses.")
        seen = torch.from_numpy(compress(responses, self.ridge.features.power))
        observation = Observation(
            self.encoder,
            self.population.mouse,
            torch.tensor(state),
            seen,
            likelihood=self.likelihood.limited(seen),
        )
        return solve(Problem((observation,), self.prior), self.solver)

    def config(self) -> Mapping[str, Any]:
        """Return the share, the encoder's architecture and the linear decoder's settings."""
        settings: Any = self.encoder.config
        return {
            "share": self.share,
            "solver": asdict(self.solver),
            "encoder": {
                "architecture": name_architecture(self.encoder),
                "config": asdict(settings),
                "mice": self.encoder.mice,
            },
            "ridge": self.ridge.config(),
        }

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Return likelihood, prior, the encoder's weights and the linear decoder, each under its own name."""
        weights = {name: tensor.cpu().numpy() for name, tensor in self.encoder.state_dict().items()}
        return {
            **_under("likelihood.", likelihood_arrays(self.likelihood)),
            **_under("prior.", self.prior.to_arrays()),
            **_under("encoder.", weights),
            **_under("ridge.", self.ridge.arrays()),
        }

    @classmethod
    def restore(
        cls, population: Population, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> "BestDecoder":
        """Return the decoder that ``config`` and ``arrays`` describe."""
        described = config["encoder"]
        encoder = build(described["architecture"], described["config"], described["mice"], population.frame_size)
        weights = {name: torch.from_numpy(array) for name, array in _from("encoder.", arrays).items()}
        encoder.load_state_dict(weights)
        return cls(
            population,
            RidgeDecoder.restore(population, config["ridge"], _from("ridge.", arrays)),
            encoder.eval().requires_grad_(False),
            GaussianPrior.from_arrays(_from("prior.", arrays)),
            likelihood_from_arrays(_from("likelihood.", arrays)),
            float(config["share"]),
            Map(**config["solver"]),
        )


def fit_best(
    encoder: Encoder,
    ridge: RidgeDecoder,
    prior: GaussianPrior,
    mask: Mask,
    training: Sequence[Trial],
    validation: Sequence[Trial],
    adaptation: TrainingSettings | None = ADAPTATION,
    kinds: Mapping[str, Kind] | None = None,
) -> BestDecoder:
    """Adapt the encoder to responses as the linear decoder compresses them, and choose how to weigh the two movies.

    training: the trials that encoder, ridge and prior learned from. validation: trials that none of them saw; the
    share has the least squared error over them, inside the evaluation mask. Where the encoder as it was has a lower
    one it stays as it was. adaptation: None for an encoder that needs none, which is not tried then.
    Raises ReverieError when the encoder cannot be adapted (see ``adapt``).
    """
    mouse, power = ridge.population.mouse, ridge.features.power
    if power == 0:
        # Only whether there was a response is left of it. Of such responses the encoder's rates have another unit.
        kinds = {"events": KINDS["events"]}
    seen = compressed_trials(training, power)
    few = seen[:: -(-len(seen) // LIKELIHOOD_TRIALS)]
    candidates = []
    for candidate in (encoder,) if adaptation is None else (encoder, adapt(encoder, mouse, seen, adaptation)):
        likelihood = fit_likelihood(candidate, mouse, few, skip=candidate.history, kinds=kinds)
        decoder = BestDecoder(ridge.population, ridge, candidate, prior, likelihood, EVEN)
        share, error = best_share(decoder, mask, validation)
        candidates.append((error, replace(decoder, share=share)))
    return min(candidates, key=lambda each: each[0])[1]


def best_share(decoder: BestDecoder, mask: Mask, trials: Sequence[Trial]) -> tuple[float, float]:
    """Return the share of the most probable movie, 0 to 1, with the least squared error inside the evaluation mask.

    And that error, summed. Where the mask reaches the evaluation threshold nowhere, the training threshold counts;
    without trials the share is 0.5 and the error 0.
    """
    region = scored_region(mask)
    between, apart, missing = 0.0, 0.0, 0.0
    for trial in tracked(trials, len(trials), "weighing map and ridge"):
        assert trial.responses is not None
        linear = decoder.ridge.decode(trial.responses)[:, region].astype(np.float64)
        towards = decoder.most_probable(trial.responses, trial.known_state).movie[:, region] - linear
        lacking = trial.known_movie[:, region] - linear
        between += float(np.vdot(towards, lacking))
        apart += float(np.vdot(towards, towards))
        missing += float(np.vdot(lacking, lacking))
    share = float(np.clip(between / apart, 0, 1)) if apart > 0 else EVEN
    return share, missing - 2 * share * between + share**2 * apart


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {prefix + name: array for name, array in arrays.items()}


def _from(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
