"""The paper's numbers (Bauer, Margrie & Clopath, eLife 105081, 2026), in one place.

Video correlation over 50 clips of 5 mice, single trials, mean of 7 encoders, unless said otherwise.
"""

from typing import Final

HEADLINE: Final = (0.569, 0.542, 0.596)
"""Video correlation: mean and 95 % interval."""

FRAME_CORRELATION: Final = (0.512, 0.481, 0.543)
FULL_FRAME: Final = 0.211
FROM_PREDICTED: Final = 0.766
"""Upper bound: reconstructed from the encoder's own predictions."""

BY_ENCODERS: Final = {1: 0.444, 2: 0.505, 4: 0.547, 7: 0.569}
"""By the number of encoders whose movies are averaged."""

GRADIENT_ENSEMBLING: Final = 0.552
WITHOUT_BLUR: Final = 0.533
WITHOUT_TRAINING_MASK: Final = 0.510
STRICT_TRAINING_MASK: Final = 0.551
BY_SHARE: Final = {1.0: 0.569, 0.5: 0.512, 0.25: 0.427, 0.125: 0.344}
"""By the share of the neurons that was kept; the released code silences the others."""

CONSISTENCY_TRUTH: Final = 0.379
CONSISTENCY_RECONSTRUCTION: Final = 0.442
MASK_DIAMETERS: Final = {0.5: 89.0, 1.0: 65.0}
"""Equal-area diameter in degrees, by threshold."""

MASKING_LOSS: Final = (3.0, 4.0)
"""Per cent of response correlation lost by masking the true movie at 0.5."""


def text(number: tuple[float, float, float]) -> str:
    """Return a mean with its interval as text.

    >>> text(HEADLINE)
    '0.569 [0.542, 0.596]'
    """
    return "{:.3f} [{:.3f}, {:.3f}]".format(*number)
