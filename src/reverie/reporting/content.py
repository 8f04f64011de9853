"""What a page shows, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, AnyMovie
from reverie.foundation.errors import ReverieError
from reverie.inversion.solution import Progress
from reverie.scoring.correlation import Region
from reverie.scoring.rule import TRAINING_THRESHOLD, scoring_threshold

# Dimensions have no names here, since __post_init__ compares the shapes, with messages that a user understands.
Matrix = Float[np.ndarray, "_ _"]


@dataclass(frozen=True)
class TrialContent:
    """One reconstructed trial; whatever is None or empty is left out of the page.

    Raises ReverieError when the arrays do not belong to the same trial.
    """

    animal: str
    trial: str
    reconstruction: AnyMovie
    """(time, height, width), grey levels 0-255."""
    mask: Matrix
    """(height, width), transparency."""
    truth: AnyMovie | None = None
    """(time, height, width), grey levels 0-255; None where the movie is not known."""
    std: AnyMovie | None = None
    """(time, height, width), standard deviation, grey levels."""
    information: Matrix | None = None
    """(height, width), share of the prior's variance that the responses removed, 0 to 1."""
    state: Matrix | None = None
    """(4, time), in the recording's own units."""
    responses: Matrix | None = None
    """(neuron, time), recorded."""
    rates: Matrix | None = None
    """(neuron, time), what the encoder predicts from the reconstruction."""
    rates_from_truth: Matrix | None = None
    """(neuron, time), what the encoder predicts from the true movie."""
    traces: Mapping[str, Sequence[Progress]] = field(default_factory=dict)
    """The steps of the optimisation, by model."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Value by name, as ``scoring.scores.score`` returns them."""
    notes: Sequence[str] = ()
    """Sentences a reader must know before believing the movie."""
    frame_rate: float = FRAME_RATE
    degrees_per_pixel: float | None = None
    """Visual angle of one pixel; None where it is not known."""
    scored_from: int = 0
    """The first frame that is scored."""

    def __post_init__(self) -> None:
        expected = self.reconstruction.shape
        for name, movie in (("truth", self.truth), ("std", self.std)):
            if movie is not None and movie.shape != expected:
                raise ReverieError(f"{self.name}: the {name} is {movie.shape}, the reconstruction {expected}.")
        if self.mask.shape != expected[1:]:
            raise ReverieError(f"{self.name}: the mask is {self.mask.shape}, a frame is {expected[1:]}.")
        if self.information is not None and self.information.shape != expected[1:]:
            raise ReverieError(f"{self.name}: the information is {self.information.shape}, a frame is {expected[1:]}.")
        for name in ("state", "responses", "rates", "rates_from_truth"):
            rows = getattr(self, name)
            if rows is not None and rows.shape[1] != self.frames:
                raise ReverieError(f"{self.name}: {name} lasts {rows.shape[1]} frames, the movie {self.frames}.")
        if len({rows.shape[0] for rows in (self.responses, self.rates, self.rates_from_truth) if rows is not None}) > 1:
            raise ReverieError(f"{self.name}: recorded and predicted responses differ in their number of neurons.")

    @property
    def name(self) -> str:
        """The animal and the trial, as titles name them."""
        return f"{self.animal} · trial {self.trial}"

    @property
    def frames(self) -> int:
        """How many frames the movie has."""
        return int(self.reconstruction.shape[0])

    @property
    def training_region(self) -> Region:
        """The pixels that were reconstructed: (height, width)."""
        return np.asarray(self.mask >= TRAINING_THRESHOLD)

    @property
    def evaluation_region(self) -> Region:
        """The pixels that are scored: (height, width)."""
        return np.asarray(self.mask >= scoring_threshold(self.mask))


@dataclass(frozen=True)
class RunContent:
    """One run folder."""

    title: str
    trials: Sequence[TrialContent]
    sentences: Sequence[str] = ()
    """Sentences on the data, at the top of the page."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """How the run was made (settings, versions, seed, times), nested to any depth."""
    summary: pd.DataFrame | None = None
    """As ``scoring.tables.summarise`` or ``summarise_animals`` returns it."""
    overview: str = ""
    """The address of the page that this one belongs to, empty for none."""
