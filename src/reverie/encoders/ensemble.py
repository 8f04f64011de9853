"""Several encoders that speak with one voice: the mean of their rates."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError


class Ensemble(Encoder):
    """The mean of the rates of encoders of the same animals and frames, such as instances that differ in seed.

    Raises ReverieError when there are none, or they differ in their animals, frame size, canvas or window.
    """

    def __init__(self, members: Sequence[Encoder]) -> None:
        if not members:
            raise ReverieError("An ensemble needs at least one encoder; name its members.")
        super().__init__(members[0].mice, members[0].frame_size)
        for word, read in AGREED.items():
            differing = [index for index, member in enumerate(members) if read(member) != read(members[0])]
            if differing:
                raise ReverieError(
                    f"Encoder {differing[0] + 1} of the ensemble has {word} {read(members[differing[0]])} but the "
                    f"first has {read(members[0])}; only encoders that agree can be averaged."
                )
        self.members = nn.ModuleList(members)
        self.history = max(member.history for member in members)
        self.window = members[0].window

    @property
    def encoders(self) -> tuple[Encoder, ...]:
        """The members, in order."""
        return tuple(member for member in self.members if isinstance(member, Encoder))

    @property
    def canvas(self) -> tuple[int, int]:
        """The canvas all members share."""
        return self.encoders[0].canvas

    @property
    def sees_state_as_planes(self) -> bool:
        """Whether all members see the state as picture planes."""
        return self.encoders[0].sees_state_as_planes

    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time height width"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Return the mean of the members' rates."""
        return torch.stack([member(movie, state, mouse) for member in self.encoders]).mean(0)

    def predict_clip(
        self, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"], mouse: str
    ) -> Float[Tensor, "neuron time"]:
        """Return the mean of the members' predictions of a whole clip."""
        return torch.stack([member.predict_clip(movie, state, mouse) for member in self.encoders]).mean(0)


AGREED: dict[str, Callable[[Encoder], object]] = {
    "the animals": lambda encoder: list(encoder.mice.items()),
    "the frame size": lambda encoder: encoder.frame_size,
    "the canvas": lambda encoder: encoder.canvas,
    "the window": lambda encoder: encoder.window,
    "the view of the state as planes": lambda encoder: encoder.sees_state_as_planes,
}
"""What the members of an ensemble must have in common."""
