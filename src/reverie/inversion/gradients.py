"""What each window of a movie gains from changing: losses, and their gradients with respect to the movie."""

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.canvas import crop_from_canvas
from reverie.encoders.modes import frozen
from reverie.inversion.fidelity import poisson
from reverie.inversion.memory import how_many_fit
from reverie.inversion.problem import Observation
from reverie.inversion.windows import WindowGroup, Windows

SMALLEST_NORM = 1e-6
"""Added to a gradient's length before dividing by it, as the published code does."""


def normalised_gradient(
    observation: Observation,
    movie: Float[Tensor, "time height width"],
    windows: Windows,
    *,
    batch: int,
    over_state: bool,
) -> tuple[Float[Tensor, "time height width"], Float[Tensor, " window"]]:
    """Return the mean over windows of their gradients, each of unit length, and the loss of each window.

    A frame's gradient is what all windows say about it, divided by the number of windows that score it. batch: windows
    that go through the encoder at once; it changes speed and memory, not the result. over_state: as in
    ``window_gradients``. Source: Bauer et al. 2026, Methods.
    """
    total = torch.zeros_like(movie)
    losses = []
    with frozen(observation.encoder):
        for group in windows.groups:
            for part in group.split(batch):
                gradients, loss = window_gradients(observation, movie, part, over_state=over_state)
                total.index_add_(0, part.frames.flatten(), gradients.flatten(0, 1))
                losses.append(loss)
    return windows.average(total), torch.cat(losses)


def window_gradients(
    observation: Observation,
    movie: Float[Tensor, "time height width"],
    group: WindowGroup,
    *,
    over_state: bool,
) -> tuple[Float[Tensor, "window frame height width"], Float[Tensor, " window"]]:
    """Return each window's gradient with respect to its own frames, of unit length, and its loss.

    over_state: the length counts the gradient with respect to the state's picture planes too, where the encoder has
    such planes. Windows do not see each other.
    """
    clips = movie[group.frames].requires_grad_()
    state = observation.state[:, group.frames].transpose(0, 1)
    inputs = [clips]
    if over_state and observation.encoder.sees_state_as_planes:
        state = state[..., None, None].expand(*state.shape, *observation.encoder.canvas).requires_grad_()
        inputs.append(state)
    loss = _losses(observation, clips, state, group)
    gradients = torch.autograd.grad(loss.sum(), inputs)
    squares = torch.stack([gradient.square().flatten(1).sum(1) for gradient in gradients])
    length = squares.sum(0).sqrt() + SMALLEST_NORM
    return gradients[0] / length[:, None, None, None], loss.detach()


def _losses(observation: Observation, clips: Tensor, state: Tensor, group: WindowGroup) -> Float[Tensor, " window"]:
    encoder, rows = observation.encoder, observation.neurons
    rates = encoder(crop_from_canvas(clips, encoder.canvas), state, observation.mouse)[:, :, group.context :]
    recorded = observation.responses if rows is None else observation.responses[rows]
    responses = recorded[:, group.scored].transpose(0, 1)
    return poisson(rates if rows is None else rates[:, rows], responses)


def fitting_batch(observation: Observation, movie: Tensor, windows: Windows) -> int:
    """Return how many windows may go through the encoder at once on this machine, at least 1."""
    largest = windows.groups[-1].split(1)[0]
    clips = movie[largest.frames].requires_grad_()
    state = observation.state[:, largest.frames].transpose(0, 1)
    with frozen(observation.encoder):
        fitting = how_many_fit(lambda: _losses(observation, clips, state, largest), movie.device)
    return min(fitting, windows.count)
