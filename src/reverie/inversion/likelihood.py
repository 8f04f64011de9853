"""How responses scatter around rates: the likelihoods, and how much information each gives about a rate."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

LEAST_RATE = 1e-8
"""Added to a rate before its logarithm is taken, as in the published loss."""

LEAST_EXPECTED = 1e-3
"""Expected events per frame, or rate over dispersion, below which the information no longer grows."""

LARGEST_WEIGHT = 15.0
"""Largest weight of one neuron's responses in a trial, as a multiple of the median neuron's. Of 500 simulated neurons
the largest had 4 to 46 times the median. A neuron that was silent where its noise was measured, and responded later,
had 50,000 times the median, and the search ended once that neuron was fitted (docs/log/map.md)."""


class Likelihood(ABC):
    """A likelihood of one animal's responses (neuron, time), given an encoder's rates, both in recorded units.

    Its parameters are tensors with one number per neuron.
    """

    dispersion: Float[Tensor, " neuron"]
    """(neuron,), variance of sums of a neuron's responses over time, relative to that of the likelihood without
    dispersion."""

    @abstractmethod
    def loss(self, rates: Float[Tensor, "neuron time"], responses: Float[Tensor, "neuron time"]) -> Float[Tensor, ""]:
        """Return the summed negative log (quasi-)likelihood, without terms that do not depend on the rates."""

    @abstractmethod
    def root_information(self, rates: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return the square root of the Fisher information about each rate."""

    @abstractmethod
    def statistic(self, responses: Float[Tensor, "neuron time"]) -> Float[Tensor, "row time"]:
        """Return the statistic of the responses that the likelihood depends on."""

    @abstractmethod
    def natural(
        self, rates: Float[Tensor, "neuron time"]
    ) -> tuple[Float[Tensor, "row time"], Float[Tensor, "row time"]]:
        """Return slope and offset of the log likelihood: it is the sum of statistic · slope − offset.

        With them, many responses are compared with many rates by matrix products.
        """

    @abstractmethod
    def limited(self, responses: Float[Tensor, "neuron time"]) -> "Likelihood":
        """Return the likelihood with more dispersion for neurons whose responses count far more than others'."""

    def over_dispersed(self, times: int) -> "Likelihood":
        """Return the likelihood with ``times`` the dispersion, for responses that are used that many times."""
        return self._with(**{name: each * times for name, each in vars(self).items() if name.endswith("dispersion")})

    def chosen(self, rows: Int[Tensor, " chosen"]) -> "Likelihood":
        """Return the likelihood of some of the neurons."""
        return self._with(**{name: each[rows] for name, each in vars(self).items()})

    def to(self, device: torch.device) -> "Likelihood":
        """Return the same likelihood on another device."""
        return self._with(**{name: each.to(device) for name, each in vars(self).items()})

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the parameters as arrays, for an ``.npz`` file."""
        return {name: value.cpu().numpy() for name, value in vars(self).items()}

    def _with(self, **tensors: Tensor) -> "Likelihood":
        """Return the same likelihood with some parameters replaced."""
        return type(self)(**{**vars(self), **tensors})


@dataclass(frozen=True)
class PoissonLikelihood(Likelihood):
    """The variance of responses is the rate times the dispersion; their size counts.

    loss = Σ (rate − response · log rate) / dispersion.

    Source: McCullagh & Nelder, Generalized Linear Models, 1989, chapter 9.
    """

    dispersion: Float[Tensor, " neuron"]
    """(neuron,), in units of the responses."""

    def loss(self, rates: Float[Tensor, "neuron time"], responses: Float[Tensor, "neuron time"]) -> Float[Tensor, ""]:
        """Return the negative log quasi-likelihood, summed."""
        return ((rates - responses * torch.log(rates + LEAST_RATE)) / self.dispersion[:, None]).sum()

    def root_information(self, rates: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return 1 / √(dispersion · rate)."""
        dispersion = self.dispersion[:, None]
        return (dispersion * torch.maximum(rates, LEAST_EXPECTED * dispersion)).rsqrt()

    def statistic(self, responses: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return the responses."""
        return responses

    def natural(
        self, rates: Float[Tensor, "neuron time"]
    ) -> tuple[Float[Tensor, "neuron time"], Float[Tensor, "neuron time"]]:
        """Return log rate / dispersion and rate / dispersion."""
        dispersion = self.dispersion[:, None]
        return torch.log(rates + LEAST_RATE) / dispersion, rates / dispersion

    def limited(self, responses: Float[Tensor, "neuron time"]) -> "Likelihood":
        """Return the likelihood with more dispersion where the responses' sum counts too much."""
        return self._with(dispersion=self.dispersion * _excess(responses.sum(dim=1) / self.dispersion))


@dataclass(frozen=True)
class EventLikelihood(Likelihood):
    """Only whether there was a response counts; its size does not.

    A response is above zero with probability 1 − exp(−frequency · rate), as for a Poisson number of events, so that
    loss = Σ ( frequency · rate where there is none, −log(1 − exp(−frequency · rate)) where there is ) / dispersion.

    It suits deconvolved calcium responses: most are exactly zero, and the sizes of the others are drawn from a long
    tail.
    """

    frequency: Float[Tensor, " neuron"]
    """(neuron,), events per unit of response."""
    dispersion: Float[Tensor, " neuron"]
    """(neuron,), as of any likelihood."""

    def loss(self, rates: Float[Tensor, "neuron time"], responses: Float[Tensor, "neuron time"]) -> Float[Tensor, ""]:
        """Return the negative log quasi-likelihood, summed."""
        expected = rates * self.frequency[:, None]
        some = torch.log(-torch.expm1(-expected) + LEAST_RATE)
        return (torch.where(responses > 0, -some, expected) / self.dispersion[:, None]).sum()

    def root_information(self, rates: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return frequency · √( exp(−e) / (1 − exp(−e)) / dispersion ) with e = frequency · rate."""
        expected = (rates * self.frequency[:, None]).clamp_min(LEAST_EXPECTED)
        return self.frequency[:, None] * (torch.expm1(expected) * self.dispersion[:, None]).rsqrt()

    def statistic(self, responses: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return 1 where there is a response and 0 where there is none."""
        return (responses > 0).to(responses.dtype)

    def natural(
        self, rates: Float[Tensor, "neuron time"]
    ) -> tuple[Float[Tensor, "neuron time"], Float[Tensor, "neuron time"]]:
        """Return log(exp(e) − 1) / dispersion and e / dispersion, with e = frequency · rate."""
        expected, dispersion = rates * self.frequency[:, None], self.dispersion[:, None]
        some = torch.log(-torch.expm1(-expected) + LEAST_RATE)
        return (some + expected) / dispersion, expected / dispersion

    def limited(self, responses: Float[Tensor, "neuron time"]) -> "Likelihood":
        """Return the likelihood unchanged: an event counts at most once per frame."""
        return self


@dataclass(frozen=True)
class GaussianLikelihood(Likelihood):
    """The variance of responses is the same at every rate, as of fluorescence traces with detector noise.

    loss = Σ rate · (rate / 2 − response) / (variance · dispersion), which is half the squared error over the variance,
    without terms that do not depend on the rates; adding a constant to rates and responses does not change its slopes.
    """

    variance: Float[Tensor, " neuron"]
    """(neuron,), of single frames, in squared units of the responses."""
    dispersion: Float[Tensor, " neuron"]
    """(neuron,), variance of sums over time, relative to that for independent frames."""

    def loss(self, rates: Float[Tensor, "neuron time"], responses: Float[Tensor, "neuron time"]) -> Float[Tensor, ""]:
        """Return the negative log likelihood, summed."""
        return (rates * (rates / 2 - responses) / self._scatter).sum()

    def root_information(self, rates: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return 1 / √(variance · dispersion), the same at every rate."""
        return self._scatter.rsqrt().expand_as(rates)

    def statistic(self, responses: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return the responses."""
        return responses

    def natural(
        self, rates: Float[Tensor, "neuron time"]
    ) -> tuple[Float[Tensor, "neuron time"], Float[Tensor, "neuron time"]]:
        """Return rate and half its square, over variance · dispersion."""
        return rates / self._scatter, rates.square() / (2 * self._scatter)

    def limited(self, responses: Float[Tensor, "neuron time"]) -> "Likelihood":
        """Return the likelihood with more dispersion where the responses' variance counts too much."""
        variance = responses.var(dim=1, correction=0)
        return self._with(dispersion=self.dispersion * _excess(variance / self._scatter[:, 0]))

    @property
    def _scatter(self) -> Float[Tensor, "neuron 1"]:
        return (self.variance * self.dispersion)[:, None]


@dataclass(frozen=True)
class JointLikelihood(Likelihood):
    """The sum of both (quasi) log likelihoods: of whether there is a response, and of its size.

    Where sizes are random, their dispersion is large and they count little; where large responses mean high rates,
    events alone would ignore that. A composite likelihood: Varin, Reid & Firth, Statistica Sinica 21, 2011.
    """

    frequency: Float[Tensor, " neuron"]
    """(neuron,), events per unit of response."""
    dispersion: Float[Tensor, " neuron"]
    """(neuron,), of events."""
    size_dispersion: Float[Tensor, " neuron"]
    """(neuron,), of sizes."""

    @classmethod
    def of(cls, sizes: PoissonLikelihood, events: EventLikelihood) -> "JointLikelihood":
        """Join the two, each fitted alone."""
        return cls(events.frequency, events.dispersion, sizes.dispersion)

    @property
    def _parts(self) -> tuple[EventLikelihood, PoissonLikelihood]:
        return EventLikelihood(self.frequency, self.dispersion), PoissonLikelihood(self.size_dispersion)

    def loss(self, rates: Float[Tensor, "neuron time"], responses: Float[Tensor, "neuron time"]) -> Float[Tensor, ""]:
        """Return the sum of both losses."""
        events, sizes = self._parts
        return events.loss(rates, responses) + sizes.loss(rates, responses)

    def root_information(self, rates: Float[Tensor, "neuron time"]) -> Float[Tensor, "neuron time"]:
        """Return the square root of the sum of the information of both."""
        events, sizes = (part.root_information(rates) for part in self._parts)
        return torch.hypot(events, sizes)

    def statistic(self, responses: Float[Tensor, "neuron time"]) -> Float[Tensor, "twice time"]:
        """Return the statistic of events, then that of sizes."""
        return torch.cat([part.statistic(responses) for part in self._parts])

    def natural(
        self, rates: Float[Tensor, "neuron time"]
    ) -> tuple[Float[Tensor, "twice time"], Float[Tensor, "twice time"]]:
        """Return slopes and offsets of both, in the order of ``statistic``."""
        slopes, offsets = zip(*(part.natural(rates) for part in self._parts), strict=True)
        return torch.cat(slopes), torch.cat(offsets)

    def limited(self, responses: Float[Tensor, "neuron time"]) -> "Likelihood":
        """Return the likelihood with more dispersion of sizes where the responses' sum counts too much."""
        return self._with(size_dispersion=PoissonLikelihood(self.size_dispersion).limited(responses).dispersion)


def _excess(counts: Float[Tensor, " neuron"]) -> Float[Tensor, " neuron"]:
    """Return the factor by which each neuron counts more than allowed, at least 1."""
    some = counts[counts > 0]
    median = some.median() if len(some) else counts.new_ones(())
    return (counts / (LARGEST_WEIGHT * median)).clamp_min(1.0)
