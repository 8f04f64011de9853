"""Reconstruct what a simulated animal saw, without touching a file: the nouns of the program in one page.

Run it with ``python examples/reconstruct_one_clip.py``; it takes about half a minute on a laptop.
"""

import numpy as np
import torch

from reverie.inversion.fidelity import poisson
from reverie.inversion.methods.paper import Paper
from reverie.inversion.problem import Observation, Problem
from reverie.inversion.solve import solve
from reverie.scoring.scores import score
from reverie.simulation.mouse import Presentation, SimulatedMouse
from reverie.simulation.population import SimulatedTruthConfig
from reverie.simulation.truth import SimulatedTruth
from reverie.stimuli.naturalistic import naturalistic_movie

# A simulated animal with 1000 neurons watches a synthetic movie of about three seconds.
movie = naturalistic_movie(96, np.random.default_rng(1))
truth = SimulatedTruth(SimulatedTruthConfig(seed=0), {"mouse": 1000})
mouse = SimulatedMouse(truth, "mouse", [Presentation("0", "train", "a clip", movie)], seed=0)
trial = mouse.trial("0")
assert trial.responses is not None

# The problem: one observation, explained by an encoder (here the truth itself); the middle of the screen may move.
rows, columns = np.ogrid[:36, :64]
mask = (1.5 * (((rows - 18) / 14) ** 2 + ((columns - 32) / 20) ** 2 < 1)).astype(np.float32)
observation = Observation(truth, "mouse", torch.from_numpy(trial.state), torch.from_numpy(trial.responses))
problem = Problem((observation,), mask, poisson)

# The published descent, stopped early: on few neurons the full 1000 steps follow the noise of the single trial.
result = solve(problem, Paper(steps=100, stride=32))

scores = score(result.movie, trial.movie, mask, seed=0)
print(f"video correlation   {scores['video_correlation']:.3f}")
print(f"shuffled in time    {scores['video_correlation_shuffled']:.3f}")
print(f"{result.passes} encoder passes in {result.seconds:.1f} s")
