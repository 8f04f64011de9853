"""The losses of windows of a movie, and their gradients with respect to the movie."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import crop_from_canvas, frozen
from reverie.inversion.problem import Observation
from reverie.inversion.windows import WindowGroup, Windows

MEMORY_BUDGET = 2**28
"""Bytes that one batch may keep for its backward pass, where the device does not report its free memory.

On a CPU more would fit, but larger batches do not fit in its caches and are slower."""

SMALLEST_NORM = 1e-6
"""Added to a gradient's length before dividing by it, as the published code does."""


def poisson(
    rates: Float[Tensor, "*clip neuron time"], responses: Float[Tensor, "*clip neuron time"]
) -> Float[Tensor, "*clip"]:
    """Return the Poisson negative log likelihood, rate − response · log(rate + 1e-8), mean over neurons and frames.

    Terms that do not depend on the rate are left out. Source: Bauer et al. 2026, Methods.

    >>> poisson(torch.ones(3, 2), torch.full((3, 2), 5.0)).item()
    1.0
    """
    return (rates - responses * torch.log(rates + 1e-8)).mean(dim=(-2, -1))


def squared_error(
    rates: Float[Tensor, "*clip neuron time"], responses: Float[Tensor, "*clip neuron time"]
) -> Float[Tensor, "*clip"]:
    """Return the squared error, mean over neurons and frames.

    >>> squared_error(torch.ones(3, 2), torch.full((3, 2), 5.0)).item()
    16.0
    """
    return (rates - responses).square().mean(dim=(-2, -1))


def clips_that_fit(try_one: Callable[[], Tensor], device: torch.device) -> int:
    """Return how many clips fit in memory when they go through an encoder at once, at least 1.

    ``try_one`` sends one clip through, with gradients; the memory it keeps for the backward pass is compared with half
    the free memory of a CUDA device, or with ``MEMORY_BUDGET`` elsewhere.

    >>> weight = torch.ones(2**24, requires_grad=True)
    >>> clips_that_fit(lambda: (weight * 1.0).square().sum(), torch.device("cpu"))
    4
    """
    kept: dict[int, int] = {}

    def weigh(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(weigh, lambda tensor: tensor):
        result = try_one()
    budget = torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else MEMORY_BUDGET
    # Kept alive until here, so that no two tensors were counted at one address.
    del result
    return max(1, budget // max(1, sum(kept.values())))


def normalised_gradient(
    observation: Observation,
    movie: Float[Tensor, "time height width"],
    windows: Windows,
    *,
    batch: int,
    over_state: bool,
) -> tuple[Float[Tensor, "time height width"], Float[Tensor, " window"]]:
    """Return the mean over windows of their gradients, each scaled to unit length, and the loss of each window.

    A frame's gradient is the sum over windows, divided by the number of windows that score the frame.

    Source: Bauer et al. 2026, Methods.

    Parameters
    ----------
    batch
        Windows that go through the encoder at once; it affects speed and memory, not the result.
    over_state
        As in ``window_gradients``.
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
    observation: Observation, movie: Float[Tensor, "time height width"], group: WindowGroup, *, over_state: bool
) -> tuple[Float[Tensor, "window frame height width"], Float[Tensor, " window"]]:
    """Return each window's gradient with respect to its own frames, scaled to unit length, and its loss.

    Windows are independent of each other.

    Parameters
    ----------
    over_state
        The length includes the gradient with respect to the state's picture planes, where the encoder has such planes.
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
        fitting = clips_that_fit(lambda: _losses(observation, clips, state, largest), movie.device)
    return min(fitting, windows.count)
