"""Linear stimulus reconstruction as a method: its settings; the decoder is in ``inversion.linear``."""

from dataclasses import dataclass
from typing import ClassVar

from reverie.foundation.requests import Range, convert_fields, require_possible
from reverie.inversion.postprocessing import LARGEST_BLUR


@dataclass(frozen=True)
class Ridge:
    """Ridge regression from lagged responses to pictures, fitted to the training trials; no encoder is inverted.

    Sources: see ``inversion.linear.ridge``. Raises ReverieError when a setting is out of range.
    """

    name: ClassVar[str] = "ridge"

    blur: float = 0.0
    """Gaussian sigma of a final blur, in pixels and frames."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_possible(self, blur=Range(0, LARGEST_BLUR))
