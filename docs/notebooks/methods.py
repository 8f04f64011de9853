# %% [markdown]
# # Methods side by side
#
# The same clip by the published descent, by ridge regression on the training trials, and as the most probable
# movie.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import reverie as rv

place = Path(tempfile.gettempdir()) / "reverie-notebooks"
if (place / "DATA").exists():
    lab = rv.open(place / "DATA")
else:
    lab = rv.simulate(place / "DATA", animals=2, neurons=300, train=16, oracle=3, test=2, frames=120, seed=1)
animal = lab["mouse1"]
encoder = rv.train(lab, out=place / "ENCODER", minutes=1.0)
trial = animal.trials("test")[0]

# %% [markdown]
# A method is a frozen dataclass of settings; its fields are the options of the command line. Sixty steps instead of
# the published 1000, since on so few neurons the descent then follows the noise of the single trial.

# %%
methods = {
    "published, 60 steps": rv.Paper(steps=60, stride=32),
    "ridge": rv.Ridge(),
    "map": rv.Map(draws=0, calibrated=False),
}
movies = {
    label: rv.Reconstructor(encoder, animal, method).fit().reconstruct(trial) for label, method in methods.items()
}

# %%
columns = ["video_correlation", "video_correlation_pattern", "video_correlation_dynamic", "frame_correlation"]
table = pd.DataFrame({label: movie.score() for label, movie in movies.items()}).T
print(table[columns].round(2).to_string())

# %%
figure, axes = plt.subplots(1, 1 + len(movies), figsize=(10, 2))
first = next(iter(movies.values()))
middle = len(first.frames) // 2
pictures = {"truth": first.truth, **{label: movie.frames for label, movie in movies.items()}}
for panel, (title, frames) in zip(axes, pictures.items(), strict=True):
    panel.imshow(frames[middle], cmap="gray", vmin=0, vmax=255)
    panel.set(title=title, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# One clip proves nothing. `reverie experiment methods` does this for many clips, with paired differences and
# intervals. The default, `rv.Combined()`, weights `map` and ridge on validation trials.
