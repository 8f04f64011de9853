"""The parts that are fitted to an animal and an encoder: what each is made from, and which ones a method needs."""

from collections.abc import Iterable, Mapping

from reverie.inversion.linear.ridge import DESCRIPTION
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.registry import Method
from reverie.inversion.methods.ridge import Ridge

PARTS: Mapping[str, str] = {
    "mask": "mask.npz",
    "target": "target.npz",
    "prior": "prior.npz",
    "scenes": "scenes.npz",
    "likelihood": "likelihood.npz",
    "ridge": f"ridge/{DESCRIPTION}",
    "weights": "weights.npz",
    "followed_weights": "followed_weights.npz",
    "calibration": "calibration.npz",
    "errors": "errors.npz",
}
"""The parts in the order in which they are fitted, each with the file that exists once it is complete."""

WORDS: Mapping[str, str] = {
    "scenes": "scenes and camera paths",
    "ridge": "ridge decoder",
    "weights": "weights of map and ridge",
    "followed_weights": "weights of map and ridge with the camera followed",
    "errors": "model of errors",
}
"""How parts are called in messages, where that is not by their name."""

POSTERIOR = ("mask", "prior", "likelihood")
"""The parts that the most probable movie needs; it is compared with the truth inside the mask."""

MADE_FROM: Mapping[str, tuple[str, ...]] = {
    "scenes": ("prior",),
    "weights": (*POSTERIOR, "ridge"),
    "followed_weights": (*POSTERIOR, "scenes", "ridge", "weights"),
    "calibration": POSTERIOR,
    "errors": (*POSTERIOR, "scenes", "ridge", "weights", "followed_weights"),
}
"""For parts that are made from others, all of these."""


def sources_of(parts: Iterable[str]) -> set[str]:
    """Return the parts that some parts are made from."""
    return {source for part in parts for source in MADE_FROM.get(part, ())}


def parts_for(method: Method) -> tuple[str, ...]:
    """Return the parts that a method needs of each animal and encoder; every movie is scored inside a mask."""
    if isinstance(method, Map):
        return (*POSTERIOR, *(("calibration",) if calibrates(method) else ()))
    if isinstance(method, Combined):
        errors = ("errors",) if method.calibrated else ()
        # Errors are learned with the default settings, which may follow the camera.
        camera = () if method.follow == 0 and not errors else ("scenes", "followed_weights")
        return (*POSTERIOR, "ridge", "weights", *camera, *errors)
    return ("mask", "ridge") if isinstance(method, Ridge) else ("mask", "target")


def calibrates(method: Method) -> bool:
    """Return whether the calibration holds for the posterior standard deviation found with these settings.

    Likelihood, its average, the prior's weight and cuts determine movie and posterior; draws only how precisely its
    width is known.
    """
    deciding = ("weight", "likelihood", "find_cuts", "averaged_over")
    return (
        isinstance(method, Map)
        and method.calibrated
        and method.draws > 0
        and all(getattr(method, name) == getattr(Map(), name) for name in deciding)
    )
