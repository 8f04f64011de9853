"""A made-up reconstruction, whose numbers tests can know."""

from typing import Any

import numpy as np
import pandas as pd

from reverie.fitted.reconstruction import Reconstruction

SHAPE = (40, 8, 10)


def made_up(seed: int = 0, **changes: Any) -> Reconstruction:
    """Return a movie that is the truth with noise of its standard deviation, 12 grey levels."""
    generator = np.random.default_rng(seed)
    truth = generator.uniform(60, 190, SHAPE).astype(np.float32)
    frames = (truth + 12 * generator.standard_normal(SHAPE)).clip(0, 255).astype(np.float32)
    trace = {"step": [1, 2], "seconds": [0.25, 0.5], "passes": [2, 4], "loss": [9.5, 8.25], "model": [0, 0]}
    usual = {
        "animal": "mouse1",
        "trial": str(seed),
        "method": "map",
        "frames": frames,
        "mask": np.full(SHAPE[1:], 1.2, np.float32),
        "trace": pd.DataFrame(trace),
        "std": np.full(SHAPE, 12.0, np.float32),
        "half_widths": np.array([0.7, 1.4, 2.4]),
        "information": np.full(SHAPE[1:], 0.5, np.float32),
        "truth": truth,
        "state": generator.uniform(0, 5, (4, SHAPE[0])).astype(np.float32),
        "responses": generator.gamma(1, 2, (6, SHAPE[0])).astype(np.float32),
        "rates": generator.gamma(2, 1, (6, SHAPE[0])).astype(np.float32),
        "rates_from_truth": generator.gamma(2, 1, (6, SHAPE[0])).astype(np.float32),
        "other_movies": generator.integers(0, 255, (2, *SHAPE), dtype=np.uint8),
        "notes": ("Made up.", "Läuse → none."),
    }
    return Reconstruction(**{**usual, **changes})
