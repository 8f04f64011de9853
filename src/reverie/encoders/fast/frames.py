"""Filtering every channel of a clip in time: compiled where it can be, by torch alone elsewhere."""

import ctypes
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from reverie.encoders.fast import kernels
from reverie.encoders.fast.panels import LANES


class Filtering(ctypes.Structure):
    """The sizes of the arrays; their layout stands in ``c/frames.c``."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("clips", "frames", "taps", "points", "channels", "threads"))


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
        kernels.call("filter_frames", _sizes(filtered, by_tap), longer, by_tap, filtered)
        return filtered

    @staticmethod
    @once_differentiable
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor | None, Tensor | None]:  # noqa: ANN401 - torch's own
        longer, by_tap = context.saved_tensors
        slope = slopes[0].contiguous()
        sizes = _sizes(slope, by_tap)
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


def _sizes(filtered: Tensor, by_tap: Tensor) -> Filtering:
    clips, frames, points, channels = filtered.shape
    return Filtering(clips, frames, len(by_tap), points, channels, torch.get_num_threads())
