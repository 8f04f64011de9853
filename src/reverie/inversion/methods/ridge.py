"""Linear stimulus reconstruction as a method: its settings; the decoder is in ``inversion.linear``."""

from dataclasses import dataclass
from typing import ClassVar

from reverie.foundation.errors import ReverieError
from reverie.foundation.requests import convert_fields
from reverie.inversion.postprocessing import LARGEST_BLUR


@dataclass(frozen=True)
class Ridge:
    """Ridge regression from lagged responses to pictures, fitted to the training trials; no encoder is needed.

    Sources: see ``inversion.linear.ridge``. Raises ReverieError when a setting is out of range.
    """

    name: ClassVar[str] = "ridge"

    blur: float = 0.0
    """Gaussian sigma of a final blur, in pixels and frames."""

    def __post_init__(self) -> None:
        convert_fields(self)
        if not 0 <= self.blur <= LARGEST_BLUR:
            raise ReverieError(f"The blur of the method `ridge` is {self.blur} but must be 0 to {LARGEST_BLUR:g}.")
