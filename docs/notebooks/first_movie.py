# %% [markdown]
# # From a recording to a movie
#
# A simulated animal watches movies; an encoder learns to predict its neurons; a movie that training never saw is
# found from the responses to one trial. With a recording of your own, only the cell that makes `lab` changes: `lab
# = rv.open("DATA")`.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

import reverie as rv

place = Path(tempfile.gettempdir()) / "reverie-notebooks"
if (place / "DATA").exists():
    lab = rv.open(place / "DATA")
else:
    lab = rv.simulate(place / "DATA", animals=2, neurons=300, train=16, oracle=3, test=2, frames=120, seed=1)
animal = lab["mouse1"]
print(animal.neurons, "neurons,", len(animal.trials("train")), "training trials, signals:", sorted(animal.signals))

# %% [markdown]
# ## An encoder
#
# It predicts the responses to a movie. An encoder that was trained before is read, not trained again.

# %%
encoder = rv.train(lab, out=place / "ENCODER", minutes=1.0)

# %% [markdown]
# ## What every movie of this animal needs
#
# Where the population sees, what movies look like, and how responses scatter: fitted once, kept beside the encoder.
# Calibrating the uncertainty takes longest and waits for [another notebook](../is_it_real/).

# %%
reader = rv.Reconstructor(encoder, animal, rv.Map(calibrated=False)).fit()
plt.imshow(reader.mask, cmap="gray", vmin=0)
plt.title("where the population sees")
plt.show()

# %% [markdown]
# ## The movie
#
# `show()` draws truth, movie and standard deviation with a slider; the player below is self-contained and works
# without a network.

# %%
trial = animal.trials("test")[0]
movie = reader.reconstruct(trial)
movie.show()

# %%
scores = movie.score()
for which in ("video_correlation", "video_correlation_pattern", "video_correlation_other_movie"):
    print(f"{which:32} {scores[which]:.2f}")

# %% [markdown]
# The last line is the score of the same reconstruction against *another* movie: a score only means something in
# comparison. [What the scores mean](../../scores/).
