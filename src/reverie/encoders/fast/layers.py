"""Layers of small encoders, compiled where possible, in plain torch elsewhere: filtering in time, reading points.

In plain torch, the inputs of every neuron, (neuron, frame, channel), go through memory several times. For several
thousand neurons this takes longer than the rest of a small encoder.
"""

import ctypes
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from reverie.encoders.fast import kernels
from reverie.encoders.fast.kernels import LANES


class Filtering(ctypes.Structure):
    """The sizes of the arrays; their layout stands in ``c/frames.c``."""

    _fields_ = kernels.whole_numbers("clips frames taps points channels threads")


def filter_frames(
    clips: Float[Tensor, "clip longer point channel"], taps: Float[Tensor, "channel tap"]
) -> Float[Tensor, "clip frame point channel"]:
    """Correlate each channel with its taps along time; the ``taps - 1`` frames that start a clip are used up."""
    if len(taps) % LANES == 0 and kernels.usable(clips):
        filtered: Tensor = _CompiledFilter.apply(clips, taps)  # type: ignore[no-untyped-call]  # torch's own
        return filtered
    # Channels last, so that the convolution sees a picture of time by point.
    pictures = functional.conv2d(clips.permute(0, 3, 1, 2), taps[:, None, :, None], groups=len(taps))
    return pictures.permute(0, 2, 3, 1)


class _CompiledFilter(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, clips: Tensor, taps: Tensor) -> Tensor:  # noqa: ANN401 - torch's own
        longer, by_tap = clips.contiguous(), taps.T.contiguous()
        context.save_for_backward(longer, by_tap)
        filtered = longer.new_empty(len(longer), longer.shape[1] - len(by_tap) + 1, *longer.shape[2:])
        kernels.call("filter_frames", _filter_sizes(filtered, by_tap), longer, by_tap, filtered)
        return filtered

    @staticmethod
    @once_differentiable
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor | None, Tensor | None]:  # noqa: ANN401 - torch's own
        longer, by_tap = context.saved_tensors
        slope = slopes[0].contiguous()
        sizes = _filter_sizes(slope, by_tap)
        for_clips, for_taps = context.needs_input_grad
        by_clip = by_kernel = None
        if for_clips:
            by_clip = torch.empty_like(longer)
            kernels.call("filter_frames_back", sizes, slope, by_tap, by_clip)
        if for_taps:
            each = slope.new_empty(slope.shape[0] * slope.shape[1], *by_tap.shape)
            kernels.call("filter_frames_kernel", sizes, longer, slope, each)
            by_kernel = each.sum(0).T
        return by_clip, by_kernel


def _filter_sizes(filtered: Tensor, by_tap: Tensor) -> Filtering:
    clips, frames, points, channels = filtered.shape
    return Filtering(clips, frames, len(by_tap), points, channels, torch.get_num_threads())


class Reading(ctypes.Structure):
    """The sizes of the arrays; their layout stands in ``c/readout.c``."""

    _fields_ = kernels.whole_numbers("rows points channels neurons threads")


def read_points(
    features: Float[Tensor, "row point channel"],
    corners: Int[Tensor, "neuron 4"],
    shares: Float[Tensor, "neuron 4"],
    weights: Float[Tensor, "neuron channel"],
) -> Float[Tensor, "row neuron"]:
    """Return, for each row, each neuron's weighted sum of features, interpolated between its four points.

    Raises IndexError when a corner is not one of the points.
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
        kernels.call("read_points", _reading_sizes(features, corners), *arrays, drive)
        return drive

    @staticmethod
    @once_differentiable
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor | None, None, Tensor | None, Tensor | None]:  # noqa: ANN401 - torch's own
        features, corners, shares, weights = context.saved_tensors
        sizes, slope = _reading_sizes(features, corners), slopes[0].contiguous()
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


def _reading_sizes(features: Tensor, corners: Tensor) -> Reading:
    return Reading(*features.shape, len(corners), torch.get_num_threads())
