"""What is inverted: observations, and the problem they pose together."""

import reprlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reverie.encoders.contract import Encoder
from reverie.encoders.fast.form import frozen_form
from reverie.foundation.errors import BadInput, ReverieError
from reverie.inversion.likelihood import Likelihood, PoissonLikelihood
from reverie.inversion.priors.gaussian import GaussianPrior

Prior = Callable[[Tensor], Tensor]
"""From a movie (time, height, width) to a number, which is smaller for more plausible movies."""


@dataclass(frozen=True)
class Observation:
    """One animal (or one repeat) that saw the movie, and the encoder that explains it.

    Parameters
    ----------
    encoder
        With a readout for the animal.
    mouse
        The animal's name.
    state
        (4, time).
    responses
        (neuron, time), every neuron the encoder predicts.
    neurons
        The rows to use, None for all; other neurons are dropped from both rates and responses, not set to zero.
    likelihood
        Likelihood of every neuron's responses, for methods that use one; None for Poisson counts.

    Raises
    ------
    ReverieError
        When the encoder has no readout for the animal, arrays are not tensors, do not match each other or hold values
        that are not finite, or no neuron is left.
    """

    encoder: Encoder
    mouse: str
    # The names of these axes differ so that a wrong shape reaches the check below, whose message says what to do.
    state: Float[Tensor, "row frame"]
    responses: Float[Tensor, "neuron time"]
    neurons: Int[Tensor, " chosen"] | None = None
    likelihood: Likelihood | None = None

    def __post_init__(self) -> None:
        _check_kinds(self)
        neurons = self.encoder.require_mouse(self.mouse)
        _check_shape(self.responses, (neurons, self.state.shape[-1]), f"The responses of {self.mouse}")
        _check_shape(self.state, (4, self.responses.shape[1]), f"The state of {self.mouse}")
        for name, array in (("responses", self.responses), ("state", self.state)):
            if not torch.isfinite(array).all():
                raise ReverieError(
                    f"The {name} of {self.mouse} hold values that are not finite; "
                    "cut the padding off, or choose another trial."
                )
        _check_rows(self.neurons, neurons, self.mouse)
        _check_likelihood(self.likelihood, neurons, self.mouse)

    @property
    def chosen_likelihood(self) -> Likelihood:
        """The likelihood of the neurons to use."""
        given = self.likelihood or PoissonLikelihood(torch.ones(len(self.responses), device=self.responses.device))
        return given if self.neurons is None else given.chosen(self.neurons)

    @property
    def chosen_responses(self) -> Float[Tensor, "chosen time"]:
        """The responses of the neurons to use."""
        return self.responses if self.neurons is None else self.responses[self.neurons]

    def to(self, device: torch.device) -> "Observation":
        """Return the same observation on another device, as float32; the encoder is moved in place."""
        rows = None if self.neurons is None else self.neurons.to(device)
        state, responses = (array.to(device, torch.float32) for array in (self.state, self.responses))
        likelihood = None if self.likelihood is None else self.likelihood.to(device)
        return replace(
            self, encoder=self.encoder.to(device), state=state, responses=responses, neurons=rows, likelihood=likelihood
        )

    def in_fast_form(self) -> "Observation":
        """Return the same observation with its encoder in the fastest form, which holds the chosen neurons only."""
        encoder = frozen_form(self.encoder, self.mouse, self.neurons)
        if self.neurons is None:
            return replace(self, encoder=encoder)
        likelihood = None if self.likelihood is None else self.likelihood.chosen(self.neurons)
        return replace(self, encoder=encoder, responses=self.chosen_responses, neurons=None, likelihood=likelihood)


@dataclass(frozen=True)
class Problem:
    """The task of finding the movie that explains the observations; data only, no behaviour.

    Parameters
    ----------
    observations
        One or more (``Observation``): each an animal, a repeat or an encoder that explains the same movie.
    prior
        Prior over movies; None where all movies are equally plausible.

    Raises
    ------
    ReverieError
        When there is no observation or the observations are not of one movie.
    """

    observations: tuple[Observation, ...]
    prior: Prior | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.observations, tuple) or not all(isinstance(o, Observation) for o in self.observations):
            given = reprlib.repr(self.observations)
            raise ReverieError(f"A problem is made of a tuple of Observation, but {given} was given.")
        if not self.observations:
            raise ReverieError("The problem has no observation; give it the responses of at least one animal.")
        lengths = {observation.responses.shape[1] for observation in self.observations}
        sizes = {observation.encoder.frame_size for observation in self.observations}
        if len(lengths) > 1 or len(sizes) > 1:
            raise ReverieError(
                f"The observations are not of one movie: they last {sorted(lengths)} frames of {sorted(sizes)} pixels."
            )
        for observation in self.observations:
            if observation.encoder.canvas not in (self.frame_size, self.canvas):
                raise ReverieError(
                    f"An encoder works on a canvas of {observation.encoder.canvas} pixels, another on {self.canvas}; "
                    "encoders are joined only on one canvas."
                )

    @property
    def frames(self) -> int:
        """Number of frames of the movie."""
        return int(self.observations[0].responses.shape[1])

    @property
    def frame_size(self) -> tuple[int, int]:
        """Height and width of the movie."""
        return self.observations[0].encoder.frame_size

    @property
    def canvas(self) -> tuple[int, int]:
        """Height and width of the largest canvas among the encoders."""
        return max(
            (observation.encoder.canvas for observation in self.observations), key=lambda size: size[0] * size[1]
        )

    @property
    def device(self) -> torch.device:
        """Device of the observations."""
        return self.observations[0].responses.device

    def to(self, device: torch.device) -> "Problem":
        """Return the same problem on another device; the encoders are moved in place."""
        prior = self.prior.to(device) if isinstance(self.prior, GaussianPrior) else self.prior
        observations = tuple(observation.to(device) for observation in self.observations)
        return replace(self, observations=observations, prior=prior)

    def in_fast_form(self) -> "Problem":
        """Return the same problem with all encoders in their fastest form, made from their current weights."""
        return replace(self, observations=tuple(observation.in_fast_form() for observation in self.observations))


def _check_kinds(observation: Observation) -> None:
    """Raise BadInput unless everything has the right type; above all, numpy arrays are not tensors."""
    if not isinstance(observation.encoder, Encoder):
        raise BadInput(f"An observation is explained by an Encoder, not by a {type(observation.encoder).__name__}.")
    if not isinstance(observation.likelihood, Likelihood | None):
        raise BadInput(f"A likelihood is a Likelihood or None, not a {type(observation.likelihood).__name__}.")
    for name in ("state", "responses", "neurons"):
        given = getattr(observation, name)
        if not isinstance(given, Tensor) and not (given is None and name == "neurons"):
            raise BadInput(
                f"The {name} of {observation.mouse} should be a tensor but came as {type(given).__name__}; "
                f"give torch.tensor({name})."
            )


def _check_shape(array: Tensor, expected: tuple[int, int], name: str) -> None:
    if tuple(array.shape) != expected:
        raise ReverieError(
            f"{name} should have {expected[0]} rows and {expected[1]} frames but have the shape {tuple(array.shape)}; "
            "are recording and encoder of the same animal?"
        )


def _check_rows(rows: Tensor | None, neurons: int, mouse: str) -> None:
    chosen = neurons if rows is None else len(rows)
    if chosen == 0:
        raise ReverieError(f"No neuron of {mouse} is left to reconstruct from; choose at least one.")
    if rows is not None and (rows.is_floating_point() or int(rows.min()) < 0 or int(rows.max()) >= neurons):
        raise ReverieError(f"The neurons chosen of {mouse} must be rows, whole numbers from 0 to {neurons - 1}.")


def _check_likelihood(likelihood: Likelihood | None, neurons: int, mouse: str) -> None:
    if likelihood is not None and len(likelihood.dispersion) != neurons:
        raise ReverieError(
            f"The likelihood of {mouse} is of {len(likelihood.dispersion)} neurons but the encoder predicts {neurons}; "
            "fit it with this encoder."
        )
