"""Dividing training trials for cross-validation so that a movie and its near-duplicates stay on one side."""

from collections.abc import Sequence

import numpy as np

from reverie.recordings.near_duplicates import near_duplicate_groups, near_duplicate_pairs, signature
from reverie.recordings.trial import Trial


def movie_folds(trials: Sequence[Trial], folds: int) -> list[int]:
    """Return the fold of each trial, 0 to ``folds - 1``; there are fewer folds when there are fewer distinct movies.

    Groups of near-duplicate movies go, largest first, to the fold that has the fewest frames so far.
    """
    signatures, frames = [], []
    for trial in trials:
        signatures.append(signature(trial.known_movie))
        frames.append(trial.frames)
    groups = near_duplicate_groups(near_duplicate_pairs(signatures), len(signatures))
    filled = np.zeros(max(1, min(folds, len(groups))), dtype=np.int64)
    fold = np.zeros(len(signatures), dtype=np.int64)
    for group in sorted(groups, key=lambda members: -sum(frames[member] for member in members)):
        emptiest = int(filled.argmin())
        fold[list(group)] = emptiest
        filled[emptiest] += sum(frames[member] for member in group)
    return [int(number) for number in fold]
