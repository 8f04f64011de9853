"""Reading a picture of features at one place a neuron: compiled where it can be, by torch alone elsewhere.

With torch alone, what every neuron sees, (neuron, frame, channel), goes through memory several times; for some thousand
neurons this takes longer than the rest of a small encoder.
"""

import ctypes
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from reverie.encoders.fast import kernels


class Reading(ctypes.Structure):
    """The sizes of the arrays; their layout stands in ``c/readout.c``."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("rows", "points", "channels", "neurons", "threads"))


def read_points(
    features: Float[Tensor, "row point channel"],
    corners: Int[Tensor, "neuron 4"],
    shares: Float[Tensor, "neuron 4"],
    weights: Float[Tensor, "neuron channel"],
) -> Float[Tensor, "row neuron"]:
    """Return, for each row, the features at each neuron's four points, added up by their shares and then by weight.

    Raises IndexError when a corner is none of the points.
    """
    if kernels.usable(features):
        # Compiled code would read whatever lies beside the features.
        if len(corners) and not 0 <= int(corners.min()) <= int(corners.max()) < features.shape[1]:
            raise IndexError(f"A neuron looks beyond the {features.shape[1]} points of its grid.")
        drive: Tensor = _CompiledReading.apply(features, corners, shares, weights)  # type: ignore[no-untyped-call]  # torch's own
        return drive
    rows, points, channels = features.shape
    by_point = features.transpose(0, 1).reshape(points, -1)
    seen = functional.embedding_bag(corners, by_point, per_sample_weights=shares, mode="sum")
    return torch.bmm(seen.view(-1, rows, channels), weights[:, :, None])[..., 0].T


class _CompiledReading(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, features: Tensor, corners: Tensor, shares: Tensor, weights: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        arrays = [each.contiguous() for each in (features, corners, shares, weights)]
        context.save_for_backward(*arrays)
        drive = features.new_empty(len(features), len(corners))
        kernels.call("read_points", _sizes(features, corners), *arrays, drive)
        return drive

    @staticmethod
    @once_differentiable
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor | None, None, Tensor | None, Tensor | None]:  # noqa: ANN401 - torch's own
        features, corners, shares, weights = context.saved_tensors
        sizes, slope = _sizes(features, corners), slopes[0].contiguous()
        for_features, _, for_shares, for_weights = context.needs_input_grad
        by_feature = by_share = by_weight = None
        if for_features:
            by_feature = torch.empty_like(features)
            kernels.call("read_points_back", sizes, slope, corners, shares, weights, by_feature)
        if for_shares or for_weights:
            seen = features.new_empty(*corners.shape, features.shape[2])
            kernels.call("read_points_seen", sizes, features, slope, corners, seen)
            by_share = torch.bmm(seen, weights[:, :, None])[..., 0]
            by_weight = torch.bmm(shares[:, None], seen)[:, 0]
        return by_feature, None, by_share, by_weight


def _sizes(features: Tensor, corners: Tensor) -> Reading:
    return Reading(*features.shape, len(corners), torch.get_num_threads())
