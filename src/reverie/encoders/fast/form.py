"""The one call from an encoder to its fastest form for inversion and prediction."""

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from reverie.encoders.compact import Compact
from reverie.encoders.contract import Encoder, device_of, frozen, readout_index
from reverie.encoders.dwiseneuro import DwiseNeuro
from reverie.encoders.fast.dwiseneuro import FrozenDwiseNeuro
from reverie.encoders.linear_nonlinear import LinearNonlinear
from reverie.foundation.errors import ReverieError


def frozen_form(encoder: Encoder, mouse: str, neurons: Int[Tensor, " chosen"] | None = None) -> Encoder:
    """Return the encoder of one animal's neurons in its fastest form: rates and movie gradients are the same.

    The form has the present weights, on their device, without gradients, and is always in evaluation mode.
    Architectures without a fast form are evaluated as they are.

    Parameters
    ----------
    neurons
        Rows of the animal's readout to keep, in this order; None for all.

    Raises
    ------
    ReverieError
        When the encoder has no readout for the animal, or fewer neurons than ``neurons`` names.

    Examples
    --------
    >>> from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
    >>> encoder = LinearNonlinear(LinearNonlinearConfig(), {"one": 7, "two": 5}, (36, 64))
    >>> frozen_form(encoder, "one", torch.tensor([2, 6])).mice
    {'one': 2}
    """
    rows = _rows(encoder, mouse, neurons)
    if type(encoder) is DwiseNeuro:
        return FrozenDwiseNeuro(encoder, mouse, rows)
    if type(encoder) is Compact or type(encoder) is LinearNonlinear:
        return reduced(encoder, mouse, rows)
    return PlainForm(encoder, mouse, rows)


def reduced(encoder: Compact | LinearNonlinear, mouse: str, rows: Int[Tensor, " chosen"]) -> Encoder:
    """Return a copy of an encoder whose only readout is that of some neurons of one animal."""
    index, neurons = readout_index(encoder, mouse), encoder.mice[mouse]
    readout, gain = encoder.readouts[index], encoder.gains[index]
    of_readout = [name for name, _ in (*readout.named_parameters(), *readout.named_buffers())]
    # deepcopy does not copy what is in its memo.
    memo = {
        id(encoder.readouts): nn.ModuleList([_rows_of(readout, of_readout, rows, neurons)]),
        id(encoder.gains): nn.ModuleList([_rows_of(gain, ["weight"], rows, neurons)]),
    }
    if isinstance(encoder, Compact):
        memo[id(encoder.shifters)] = copy.deepcopy(encoder.shifters[index : index + 1])
        memo[id(encoder.frame_gains)] = nn.ModuleList(
            _rows_of(each, ["power"], rows, neurons) for each in encoder.frame_gains[index : index + 1]
        )
    small = copy.deepcopy(encoder, memo)
    small.mice = {mouse: len(rows)}
    return small.eval().requires_grad_(False)


def _rows_of(module: nn.Module, names: Sequence[str], rows: Int[Tensor, " chosen"], neurons: int) -> nn.Module:
    """Return a copy of a module in which the named tensors, one block of rows per neuron, keep only some neurons."""
    small = copy.deepcopy(module)
    for name in names:
        tensor = getattr(module, name)
        chosen = tensor.detach().view(neurons, -1, *tensor.shape[1:])[rows].flatten(0, 1)
        setattr(small, name, nn.Parameter(chosen) if isinstance(tensor, nn.Parameter) else chosen)
    return small


class PlainForm(Encoder):
    """Any encoder, evaluated as it is; the rows of the chosen neurons are selected from its rates."""

    def __init__(self, encoder: Encoder, mouse: str, rows: Int[Tensor, " chosen"]) -> None:
        super().__init__({mouse: len(rows)}, encoder.frame_size)
        self.plain, self.history, self.window = encoder, encoder.history, encoder.window
        self.rows = None if len(rows) == encoder.mice[mouse] and bool((rows.diff() == 1).all()) else rows

    @property
    def canvas(self) -> tuple[int, int]:
        """The canvas of the encoder."""
        return self.plain.canvas

    @property
    def sees_state_as_planes(self) -> bool:
        """Whether the encoder sees the state as picture planes."""
        return self.plain.sees_state_as_planes

    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time height width"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of the chosen neurons."""
        with frozen(self.plain):
            rates: Tensor = self.plain(movie, state, mouse)
        return rates if self.rows is None else rates[:, self.rows]

    def predict_clip(
        self, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"], mouse: str
    ) -> Float[Tensor, "neuron time"]:
        """Predict a whole clip as the encoder itself does."""
        with frozen(self.plain):
            rates = self.plain.predict_clip(movie, state, mouse)
        return rates if self.rows is None else rates[self.rows]


def _rows(encoder: Encoder, mouse: str, neurons: Int[Tensor, " chosen"] | None) -> Int[Tensor, " chosen"]:
    """Return the rows to keep, checked, on the encoder's device."""
    count = encoder.require_mouse(mouse)
    if neurons is None:
        return torch.arange(count, device=device_of(encoder))
    if len(neurons) == 0 or int(neurons.min()) < 0 or int(neurons.max()) >= count:
        raise ReverieError(f"The neurons chosen of {mouse} must be some of the rows 0 to {count - 1}.")
    return neurons.to(device_of(encoder))
