"""The options of a training, in Python and on the command line alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reverie.foundation.requests import ABOVE_0, convert_fields, require_possible, require_seed


@dataclass(frozen=True)
class TrainingRequest:
    """How to train; None and "auto" leave the choice to the program."""

    architecture: str = "auto"
    """Kind of encoder, such as compact, dwiseneuro, linear_nonlinear or one you registered; auto takes what the machine
    can train in the time."""
    preset: str = "auto"
    """Size of the encoder: paper, small or tiny; `gaze` is a small compact one that learns how far each animal's pupil
    displaces what its neurons see, `contrast` one whose rates are reduced by the contrast of the whole frame."""
    minutes: float | None = None
    """Time the training may take; by default chosen for the data and the machine."""
    steps: int | None = None
    """Training steps, instead of as many as fit the time."""
    hold_out_fold: int | None = None
    """Keep one of the 7 perceptual-hash folds (0-6) out of training; the paper keeps out fold 0."""
    teacher: Path | None = None
    """Folder of an encoder to distil from: for each sample, it predicts the animals that were not recorded."""
    learn_from: Literal["auto", "sizes", "roots", "events"] = "auto"
    """What to learn from the responses: their sizes, as published; the square roots of these, so that the few largest
    do not dominate; or only events, that is, whether there is a response. For an encoder that starts from receptive
    fields, auto takes events, or roots where these fields explain sizes clearly better; for counts and traces it takes
    sizes, or events where these fields explain them clearly better."""
    seed: int = 0
    """Same seed, same weights (on a CPU of the same kind)."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_seed(self.seed)
        require_possible(self, minutes=ABOVE_0)
