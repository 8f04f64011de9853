"""A camera that moves over a scene larger than its picture: what it sees, and the same for gradients."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.inversion.sampling import sample

EDGE = 1
"""Pixels of scene beyond all that is seen, so that every pixel lies between four others."""


@dataclass(frozen=True)
class Camera:
    """places: (time, 2), rows and columns by which the upper left corner of the picture lies below and right of that of
    the scene, fractions included. frame_size, scene_size: heights and widths of picture and scene."""

    places: Float[Tensor, "time 2"]
    frame_size: tuple[int, int]
    scene_size: tuple[int, int]

    @staticmethod
    def along(path: Float[Tensor, "time 2"], frame_size: tuple[int, int]) -> "Camera":
        """Return the camera whose picture's contents move along a path: (time, 2) in pixels down and to the right.

        The scene is as large as all pictures together.
        """
        corners = -path
        places = corners - corners.amin(dim=0) + EDGE
        reach = places.amax(dim=0).ceil().int() + EDGE
        return Camera(places, frame_size, (frame_size[0] + int(reach[0]), frame_size[1] + int(reach[1])))

    def to(self, device: torch.device) -> "Camera":
        """Return the same camera on another device."""
        return replace(self, places=self.places.to(device))

    def see(self, scene: Float[Tensor, "time row column"]) -> Float[Tensor, "time height width"]:
        """Return the picture at each frame, interpolated between neighbouring pixels of the scene."""
        rows, columns = (
            self.places[:, axis, None] + torch.arange(self.frame_size[axis], device=self.places.device)
            for axis in (0, 1)
        )
        return sample(scene, rows, columns, "bilinear")

    def spread_out(self, gradient: Float[Tensor, "time height width"]) -> Float[Tensor, "time row column"]:
        """Return the gradient with respect to the scene, given that with respect to the pictures: see's transpose."""
        with torch.enable_grad():
            scene = gradient.new_zeros(len(gradient), *self.scene_size).requires_grad_()
            (transposed,) = torch.autograd.grad(self.see(scene), scene, gradient)
        return transposed
