"""Two simulated animals that look at different halves of the screen: what each sees alone, and both together.

python -m benchmarks.coverage
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.planning import animals
from reverie.fitted.fitted import Fitted
from reverie.fitted.solving import problem_of_trial
from reverie.inversion.methods.map import Map
from reverie.inversion.solve import solve
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import scored_frames
from reverie.simulation.kinds import KINDS


def half_of(fitted: Fitted, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the neurons of an animal that look to one side (0 left, 1 right), and the part of the screen they see."""
    centres = fitted.subject.encoder.animal(fitted.subject.animal).get_buffer("centres").numpy()  # type: ignore[operator]
    height, width = fitted.mask.shape
    away = np.linalg.norm((centres - np.array([height, width]) / 2) / np.array([height, width]), axis=1)
    rows = np.flatnonzero(((centres[:, 1] >= width / 2) == bool(side)) & (away < 0.5))
    region = np.zeros((height, width), dtype=bool)
    middle = slice(height // 4, height - height // 4)
    region[middle, slice(width // 2, 3 * width // 4) if side else slice(width // 4, width // 2)] = True
    return rows, region


def main() -> None:
    """Print video correlations in the left, the right and the joined field, of each animal and of both."""
    with tempfile.TemporaryDirectory() as folder:
        session = animals(Path(folder), KINDS["default"], seed=7, count=2)
        fits = [session.fitted(name, Path(folder) / "encoder") for name in session.recordings]
        halves = [half_of(fitted, side) for side, fitted in enumerate(fits)]
        regions = {"left": halves[0][1], "right": halves[1][1], "both": halves[0][1] | halves[1][1]}
        scores: dict[str, list[dict[str, float]]] = {}
        for name in fits[0].subject.recording.names("oracle"):
            problems = [problem_of_trial(each, each.subject.recording.trial(name), Map()) for each in fits]
            seen = [
                replace(problem.observations[0], neurons=torch.from_numpy(rows))
                for problem, (rows, _) in zip(problems, halves, strict=True)
            ]
            for who, observations in {"left animal": seen[:1], "right animal": seen[1:], "joined": seen}.items():
                problem = replace(problems[0], observations=tuple(observations))
                found = solve(problem, Map(draws=0, find_cuts=False)).movie
                truth, scored = fits[0].subject.recording.movie(name), scored_frames(len(found))
                correlations = {
                    key: video_correlation(found[scored], truth[scored], each) for key, each in regions.items()
                }
                scores.setdefault(who, []).append(correlations)
        for who, clips in scores.items():
            means = ", ".join(f"{key} {np.mean([one[key] for one in clips]):.3f}" for key in regions)
            print(f"{who} ({', '.join(str(len(rows)) for rows, _ in halves)} neurons): {means}", flush=True)


if __name__ == "__main__":
    main()
