"""Reconstruct what a simulated animal saw, from the recording to the score: the whole program in one page.

Run it with ``python examples/reconstruct_one_clip.py``; it takes about half a minute on a laptop, most of it to find
where the population can see.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import reverie as rv

with TemporaryDirectory() as place:
    # A simulated animal watches synthetic movies of two seconds. Your own recording: rv.open("DATA").
    lab = rv.simulate(Path(place) / "DATA", animals=1, neurons=600, train=8, oracle=1, test=1, frames=60, seed=1)
    animal = lab["mouse1"]

    # The encoder that explains its neurons, here the simulator's own truth. For your own: rv.train(lab, out="ENCODER").
    encoder = rv.load(Path(place) / "DATA" / "truth")

    # What every movie needs, fitted once; then the movie that is most probable given the responses to one trial.
    reader = rv.Reconstructor(encoder, animal, rv.Map(draws=0)).fit()
    movie = reader.reconstruct(animal.trials("live_test_main")[0])

scores = movie.score()
print(f"video correlation   {scores['video_correlation']:.3f}")
print(f"another movie       {scores['video_correlation_other_movie']:.3f}")
last = movie.trace.iloc[-1]
print(f"{last['passes']:.0f} encoder passes in {last['seconds']:.1f} s")
