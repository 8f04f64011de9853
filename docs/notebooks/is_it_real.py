# %% [markdown]
# # Is it real?
#
# A smooth, plausible movie is not evidence. Five questions that a reconstruction must answer, asked of one clip.

# %%
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import reverie as rv

place = Path(tempfile.gettempdir()) / "reverie-notebooks"
if (place / "DATA").exists():
    lab = rv.open(place / "DATA")
else:
    lab = rv.simulate(place / "DATA", animals=2, neurons=300, train=16, oracle=3, test=2, frames=120, seed=1)
animal = lab["mouse1"]
encoder = rv.train(lab, out=place / "ENCODER", minutes=1.0)
reader = rv.Reconstructor(encoder, animal, rv.Map()).fit()
trial = animal.trials("test")[0]
movie = reader.reconstruct(trial)
movie.show()

# %% [markdown]
# ## 1. Was it held out?
#
# The notes say so when the encoder was trained on this trial, and whatever else a reader must know.

# %%
print(movie.notes or "nothing to warn of")

# %% [markdown]
# ## 2. What does chance score?
#
# The same movie against another movie, against another moment of the same scene, against the true frames in random
# order.

# %%
scores = movie.score()
controls = {
    name: scores[f"video_correlation{name}"] for name in ("", "_other_movie", "_other_moment", "_shuffled", "_grey")
}
for name, value in controls.items():
    print(f"video correlation{name.replace('_', ' '):15} {value: .2f}")

# %% [markdown]
# ## 3. What does the method make of surrogate responses?
#
# Responses are shuffled between neurons: each time course stays as it was, but belongs to the wrong neuron. The
# movie that the same method makes of them must not correlate with the truth. (On the command line,
# `--shuffle-control` does this with each neuron's mean kept and the likelihood fitted again.)

# %%
generator = np.random.default_rng(0)
surrogate = replace(trial, responses=trial.responses[generator.permutation(animal.neurons)])
of_surrogate = reader.reconstruct(surrogate)
print(f"from the responses   {scores['video_correlation']: .2f}")
print(f"from the surrogate   {of_surrogate.score()['video_correlation']: .2f}")

figure, axes = plt.subplots(1, 3, figsize=(9, 2))
middle = len(movie.frames) // 2
pictures = {"truth": movie.truth, "reconstruction": movie.frames, "from surrogate responses": of_surrogate.frames}
for panel, (title, frames) in zip(axes, pictures.items(), strict=True):
    panel.imshow(frames[middle], cmap="gray", vmin=0, vmax=255)
    panel.contour(movie.mask, [1.0] if movie.mask.min() < 1.0 <= movie.mask.max() else [], colors="#ffb714")
    panel.set(title=title, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## 4. Where were the responses informative?
#
# `information` is the share of the prior's variance that they removed. Where it is near 0, the movie shows what
# movies are like on average, and nothing about this one.

# %%
plt.imshow(movie.information, cmap="cividis", vmin=0, vmax=1)
plt.colorbar(label="share of the prior's variance removed")
plt.show()

# %% [markdown]
# ## 5. Do the intervals hold the truth as often as they should?
#
# The 95 % interval should hold 95 % of the true pixels, on average over clips like those it was calibrated on. A
# single clip may well differ, since errors within a clip are correlated. So count over all the clips you have.

# %%
movies = [reader.reconstruct(each) for each in animal.trials("test")]
inside = movie.mask >= min(1.0, movie.mask.max())
for level in (0.5, 0.8, 0.95):
    held = []
    for one in movies:
        low, high = one.interval(level)
        held.append(((low <= one.truth) & (one.truth <= high))[:, inside].mean())
    print(f"{100 * level:.0f} % interval: {100 * np.mean(held):.0f} % of true pixels in it, clips {np.round(held, 2)}")

# %% [markdown]
# None of this shows that the movie is what the animal *perceived*. It shows what the recorded responses say, through
# this encoder, about what was on the screen.
