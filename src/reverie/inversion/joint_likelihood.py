"""What the sizes of responses tell, and what events do, held against the rates at once."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reverie.inversion.likelihood import EventLikelihood, PoissonLikelihood


@dataclass(frozen=True)
class JointLikelihood:
    """The sum of both (quasi) log likelihoods: of whether there is a response, and of its size.

    Where sizes are chance, their dispersion is large and they count for little; where large responses mean high rates,
    events alone would waste that. A composite likelihood: Varin, Reid & Firth, Statistica Sinica 21, 2011. frequency,
    dispersion: (neuron,), of events; size_dispersion: (neuron,), of sizes.
    """

    frequency: Float[Tensor, " neuron"]
    dispersion: Float[Tensor, " neuron"]
    size_dispersion: Float[Tensor, " neuron"]

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
        """Return the square root of the sum of what both tell."""
        events, sizes = (part.root_information(rates) for part in self._parts)
        return torch.hypot(events, sizes)

    def statistic(self, responses: Float[Tensor, "neuron time"]) -> Float[Tensor, "twice time"]:
        """Return what counts to events, then what counts to sizes."""
        return torch.cat([part.statistic(responses) for part in self._parts])

    def natural(
        self, rates: Float[Tensor, "neuron time"]
    ) -> tuple[Float[Tensor, "twice time"], Float[Tensor, "twice time"]]:
        """Return slopes and offsets of both, in the order of ``statistic``."""
        slopes, offsets = zip(*(part.natural(rates) for part in self._parts), strict=True)
        return torch.cat(slopes), torch.cat(offsets)

    def chosen(self, rows: Int[Tensor, " chosen"]) -> "JointLikelihood":
        """Return the noise of some of the neurons."""
        return JointLikelihood(self.frequency[rows], self.dispersion[rows], self.size_dispersion[rows])

    def over_dispersed(self, times: int) -> "JointLikelihood":
        """Return the noise with ``times`` the dispersion."""
        return replace(self, dispersion=self.dispersion * times, size_dispersion=self.size_dispersion * times)

    def to(self, device: torch.device) -> "JointLikelihood":
        """Return the same noise on another device."""
        return JointLikelihood(*(part.to(device) for part in vars(self).values()))
