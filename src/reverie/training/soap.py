"""SOAP: Adam in the eigenbasis of each matrix's gradients, which small encoders learn with."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

MOMENTUM = 0.9
"""Share of the earlier mean that the mean gradient keeps at each step."""

SECOND_MOMENT = 0.99
"""The same for the mean squared gradient in the eigenbasis."""

COVARIANCE = 0.95
"""The same for the gradients' covariance; the published value."""

RENEWED_EVERY = 10
"""Steps between two renewals of the eigenbasis; the published value. Renewing costs a product and a QR."""

LARGEST_DIMENSION = 256
"""A dimension with more entries, as neurons often are, keeps its own basis: renewing would cost more than it brings."""

EPSILON = 1e-8
"""Keeps a step finite where all gradients were 0."""


class Soap(torch.optim.Optimizer):
    """Adam with decoupled weight decay, in a basis in which the gradients of a matrix are uncorrelated.

    Neighbouring pixels and the features of an encoder are strongly correlated, so that Adam, which takes each weight on
    its own, is slow to learn what tells them apart. Here the gradients of a matrix are turned, on both sides, into the
    eigenbases of their covariances; Adam takes its step there, and the step is turned back. A parameter with more than
    two dimensions is taken as a matrix of the first by all others; vectors get plain Adam.

    Source: Vyas et al. 2024, "SOAP: Improving and stabilizing Shampoo using Adam" (arXiv 2409.11321), Algorithm 3.
    """

    def __init__(self, params: Iterable[dict[str, Any]], lr: float) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # torch's overloads
        """Update every parameter that has a gradient; ``closure`` is not called."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    matrix = weight.grad.reshape(len(weight), -1) if weight.ndim > 1 else weight.grad[None]
                    self._update(weight, matrix, group["lr"], group["weight_decay"])

    def _update(self, weight: Tensor, gradient: Float[Tensor, "row column"], rate: float, decay: float) -> None:
        state = self.state[weight]
        if not state:
            state.update(_first_state(gradient, turned=weight.ndim > 1))
            # The first gradient only makes the basis, in which it is not like those to come.
            if "basis_0" in state or "basis_1" in state:
                return
        weight.mul_(1 - rate * decay)
        weight.sub_(_adam_step(gradient, state).reshape(weight.shape), alpha=rate)
        _follow(gradient, state)


def _first_state(gradient: Float[Tensor, "row column"], *, turned: bool) -> dict[str, Tensor]:
    """Return the state before the first step: the names of Adam's moments, and covariance and basis of each side."""
    state = {"step": torch.zeros(())}
    state |= {name: gradient.new_zeros(gradient.shape) for name in ("mean", "square")}
    for side, size in enumerate(gradient.shape):
        if turned and 1 < size <= LARGEST_DIMENSION:
            state[f"covariance_{side}"] = _covariance(gradient, side)
            _, basis = torch.linalg.eigh(
                state[f"covariance_{side}"].nan_to_num().cpu()
            )  # not available on every device
            state[f"basis_{side}"] = basis.flip(1).contiguous().to(gradient.device)
    return state


def _adam_step(gradient: Float[Tensor, "row column"], state: dict[str, Tensor]) -> Float[Tensor, "row column"]:
    """Return Adam's step for a learning rate of 1, and count it."""
    state["step"] += 1
    steps = float(state["step"])
    state["mean"].lerp_(gradient, 1 - MOMENTUM)
    state["square"].lerp_(_turned(gradient, state).square(), 1 - SECOND_MOMENT)
    size = (state["square"] / (1 - SECOND_MOMENT**steps)).sqrt() + EPSILON
    step = _turned(state["mean"], state) / (1 - MOMENTUM**steps) / size
    return _turned(step, state, back=True)


def _turned(
    matrix: Float[Tensor, "row column"], state: dict[str, Tensor], *, back: bool = False
) -> Float[Tensor, "row column"]:
    """Return a matrix in the eigenbases, or back from them."""
    if "basis_0" in state:
        matrix = (state["basis_0"] if back else state["basis_0"].T) @ matrix
    if "basis_1" in state:
        matrix = matrix @ (state["basis_1"].T if back else state["basis_1"])
    return matrix


def _follow(gradient: Float[Tensor, "row column"], state: dict[str, Tensor]) -> None:
    """Update the covariance of each side's gradients and, from time to time, its basis."""
    for side in (0, 1):
        if f"basis_{side}" not in state:
            continue
        covariance = state[f"covariance_{side}"].lerp_(_covariance(gradient, side), 1 - COVARIANCE)
        if int(state["step"]) % RENEWED_EVERY == 0:
            basis, order = _renewed(state[f"basis_{side}"], covariance)
            state[f"basis_{side}"] = basis
            state["square"] = state["square"].index_select(side, order)


def _renewed(
    basis: Float[Tensor, "size size"], covariance: Float[Tensor, "size size"]
) -> tuple[Float[Tensor, "size size"], Tensor]:
    """Return the basis after one power iteration, largest eigenvalue first, and the order its vectors were taken in."""
    product = covariance @ basis
    order = (basis * product).sum(dim=0).argsort(descending=True)
    renewed, _ = torch.linalg.qr(product[:, order].cpu())  # not available on every device
    return renewed.contiguous().to(basis.device), order


def _covariance(gradient: Float[Tensor, "row column"], side: int) -> Float[Tensor, "size size"]:
    """Return the product of a gradient with itself that leaves this side."""
    return gradient @ gradient.T if side == 0 else gradient.T @ gradient
