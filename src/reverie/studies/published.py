"""The paper's numbers (Bauer, Margrie & Clopath, eLife 105081, 2026), in one place.

Unless said otherwise: video correlation over 50 clips of 5 mice, single trials, mean of 7 encoders; the tables of
synthetic movies are from predicted responses.
"""

import pandas as pd

HEADLINE = (0.569, 0.542, 0.596)
"""Video correlation: mean and 95 % interval."""

FRAME_CORRELATION = (0.512, 0.481, 0.543)
FULL_FRAME = 0.211
FROM_PREDICTED = 0.766
"""Upper bound: reconstructed from the encoder's own predictions."""

BY_ENCODERS = {1: 0.444, 2: 0.505, 4: 0.547, 7: 0.569}
"""Video correlation by the number of encoders whose movies are averaged."""

GRADIENT_ENSEMBLING = 0.552
WITHOUT_BLUR = 0.533
WITHOUT_TRAINING_MASK = 0.510
STRICT_TRAINING_MASK = 0.551
BY_SHARE = {1.0: 0.569, 0.5: 0.512, 0.25: 0.427, 0.125: 0.344}
"""Video correlation by the share of neurons kept; the released code silences the others."""

CONSISTENCY_TRUTH = 0.379
CONSISTENCY_RECONSTRUCTION = 0.442
MASK_DIAMETERS = {0.5: 89.0, 1.0: 65.0}
"""Equal-area diameter of the mask in degrees, by threshold of its transparency."""

MASKING_LOSS = (3.0, 4.0)
"""Per cent of response correlation lost by masking the true movie at 0.5."""

NOISE = pd.DataFrame(
    {
        0.0: [0.53, 0.58, 0.58, 0.57, 0.46, 0.27, 0.08],
        1.0: [0.65, 0.65, 0.70, 0.70, 0.62, 0.46, 0.09],
        2.0: [0.79, 0.76, 0.85, 0.82, 0.74, 0.58, 0.14],
        4.0: [0.90, 0.87, 0.91, 0.89, 0.83, 0.66, 0.18],
        8.0: [0.81, 0.87, 0.89, 0.90, 0.86, 0.67, 0.21],
        16.0: [0.77, 0.75, 0.90, 0.88, 0.84, 0.69, 0.18],
        32.0: [0.62, 0.83, 0.87, 0.87, 0.84, 0.70, 0.18],
    },
    index=[32.0, 16.0, 8.0, 4.0, 2.0, 1.0, 0.0],
)
"""Video correlation of Gaussian noise, 3 mice, by the sigma of its blur in pixels (rows) and frames (columns)."""

GRATINGS = pd.DataFrame(
    {
        15.0: [0.85, 0.78, 0.55, 0.12],
        7.5: [-0.02, 0.14, 0.13, 0.11],
        3.75: [0.34, 0.45, 0.10, 0.08],
        1.88: [0.77, 0.61, 0.21, 0.09],
        0.94: [0.83, 0.65, 0.40, 0.09],
        0.47: [0.83, 0.74, 0.50, 0.11],
        0.0: [0.84, 0.74, 0.51, 0.12],
    },
    index=[0.018, 0.036, 0.071, 0.143],
)
"""Video correlation of drifting square-wave gratings, by cycles per degree (rows) and Hz (columns)."""


def text(number: tuple[float, float, float]) -> str:
    """Return a mean with its interval as text.

    >>> text(HEADLINE)
    '0.569 [0.542, 0.596]'
    """
    return "{:.3f} [{:.3f}, {:.3f}]".format(*number)
