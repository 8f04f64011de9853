"""The named settings of a reconstruction, and the solver they stand for."""

from dataclasses import asdict, dataclass, replace
from typing import Final

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood_fit import KINDS
from reverie.inversion.methods.map import MapSolver
from reverie.inversion.methods.paper import PaperSolver
from reverie.scoring.rule import TRAINING_THRESHOLD

USUAL: Final = {
    "paper": (1000, 0.5),
    "map": (MapSolver().steps, 0.0),
    **dict.fromkeys(("ridge", "convolutional", "best"), (1, 0.0)),
}
"""Steps and final blur of each method: as published; as many as it takes, without a blur; a decoder takes no steps."""


@dataclass(frozen=True)
class ReconstructionSettings:
    """How to invert encoders, or with which decoder to do without them.

    method: ``paper``, the published descent, ``map``, the most probable movie, or a decoder by its name, which uses
    none of the settings below but blur. steps: at most. blur: Gaussian sigma of the final blur in pixels and frames.
    combine: average the encoders' movies, or join them in one descent. Of the published descent alone: stride, frames
    between windows; without, deviations of the released code from the published text to switch off, by their names in
    ``PaperSolver``; training_threshold, the mask's value from which on a pixel may move, 0 for no training mask;
    random_offsets, windows that start elsewhere at each step.
    Of ``map`` alone: weight, of the prior; find_cuts, look for cuts and go on with a prior that knows them; draws,
    from the posterior, for the spread; likelihood, of the two kinds of noise the one that tells more, or one by its
    name, ``sizes`` or ``events``; calibrated, the spread made honest, see ``jobs.calibrating``; null, reconstruct
    shuffled responses as well, see ``jobs.shuffling``. Of ``best`` alone: map_share, of the most probable movie;
    None for the one measured on validation trials. follow: how often the camera's motion is measured and told to the
    prior, None for never by ``map`` and twice by ``best``. join: which showings of a movie are explained together, see
    ``jobs.showings``.
    Raises ReverieError when a setting is out of range.
    """

    method: str = "paper"
    steps: int = 1000
    stride: int = 8
    blur: float = 0.5
    combine: str = "movies"
    without: tuple[str, ...] = ()
    training_threshold: float = TRAINING_THRESHOLD
    weight: float = 1.0
    draws: int = 0
    join: str = "nothing"
    random_offsets: bool = False
    likelihood: str = "measured"
    map_share: float | None = None
    calibrated: bool = True
    null: bool = False
    find_cuts: bool = True
    follow: int | None = None

    def __post_init__(self) -> None:
        if self.steps < 1 or self.stride < 1 or self.blur < 0:
            raise ReverieError(
                f"steps ({self.steps}) and stride ({self.stride}) must be at least 1 and blur ({self.blur}) at least 0."
            )
        if self.likelihood not in ("measured", *KINDS):
            raise ReverieError(f"The likelihood {self.likelihood!r} is none of: measured, {', '.join(KINDS)}.")
        if self.null and self.method != "map":
            raise ReverieError(f"Shuffled responses are a control of the method `map`, not of `{self.method}`.")

    def solver(self) -> PaperSolver | MapSolver:
        """Return the solver these settings name."""
        if self.method == "map":
            return MapSolver(
                self.steps,
                weight=self.weight,
                draws=self.draws,
                find_cuts=self.find_cuts,
                follow=self.follow or 0,
            )
        solver = PaperSolver(
            steps=self.steps,
            stride=self.stride,
            training_threshold=self.training_threshold,
            random_offsets=self.random_offsets,
        )
        return replace(solver, **dict.fromkeys(self.without, False))

    def descent(self) -> dict[str, object]:
        """Return what decides how one descent goes: not how its movie is blurred or averaged with others."""
        if self.method not in ("paper", "map"):
            return {"method": self.method, "map_share": self.map_share, "follow": self.follow}
        chosen = {"likelihood": self.likelihood} if self.method == "map" else {}
        return {"method": self.method, "solver": asdict(self.solver()), **chosen}
