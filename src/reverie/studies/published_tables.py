"""The paper's two tables of synthetic movies, video correlations from predicted responses."""

from typing import Final

import pandas as pd

NOISE: Final = pd.DataFrame(
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
"""Of Gaussian noise, 3 mice, by the sigma of its blur in pixels (rows) and in frames (columns)."""

GRATINGS: Final = pd.DataFrame(
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
"""Of drifting square-wave gratings, by cycles per degree (rows) and Hz (columns)."""
