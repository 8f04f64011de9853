# %% [markdown]
# # Arrays of your own
#
# Movies, responses and behaviour in arrays, each with its own times, become a recording like any other.

# %%
import numpy as np
import pandas as pd

import reverie as rv

# %% [markdown]
# Here is a toy animal of 80 neurons, each of which responds to the brightness of one patch of the screen. The screen
# runs at 30 Hz, the scan at 10 Hz, the wheel at 100 Hz; the pupil was not recorded.

# %%
generator = np.random.default_rng(0)
seconds, size, clips = 3.0, (16, 24), 10


def walk():
    """Blobs that drift over the screen: (time, height, width), grey levels 0-255."""
    y, x = np.mgrid[: size[0], : size[1]]
    place = np.cumsum(generator.normal(0, 0.6, (int(30 * seconds), 3, 2)), axis=0) + generator.uniform(0, size, (3, 2))
    spots = [
        np.exp(-((y - p[:, 0, None, None]) ** 2 + (x - p[:, 1, None, None]) ** 2) / 18) for p in place.swapaxes(0, 1)
    ]
    return 60 + 180 * np.clip(sum(spots), 0, 1)


movies = {f"clip {number}": walk() for number in range(clips)}
shown = pd.DataFrame({"onset": np.arange(clips) * (seconds + 1.0) + 0.5, "clip": list(movies)})

scan = np.arange(int(10 * (clips * (seconds + 1.0) + 1))) / 10
places = generator.uniform(0, size, (80, 2)).astype(int)
light = np.full((len(scan), 80), 60.0)
for onset, clip in zip(shown["onset"], movies.values(), strict=True):
    within = (scan >= onset) & (scan < onset + seconds)
    frame = ((scan[within] - onset) * 30).astype(int)
    light[within] = clip[frame][:, places[:, 0], places[:, 1]]
responses = generator.poisson(0.05 + (light / 60 - 1) ** 1.5 * 2).astype(float)
wheel = np.arange(int(100 * scan[-1])) / 100

# %% [markdown]
# `from_arrays` resamples everything to the movie's frames; its `notes` say what it did. What is missing stays missing.

# %%
mine = rv.Recording.from_arrays(
    "toy", (scan, responses), movies=movies, shown=shown, running=(wheel, generator.normal(size=len(wheel)))
)
print(f"{mine.neurons} neurons at {mine.frame_rate:g} frames a second; recorded: {sorted(mine.signals)}")
print(*mine.notes, sep="\n")
print(mine.tiers)

# %% [markdown]
# Ridge regression uses no encoder, but scores need a mask, and a mask needs an encoder. A small one is enough here.

# %%
import tempfile
from pathlib import Path

place = Path(tempfile.gettempdir()) / "reverie-notebooks"
encoder = rv.train({"toy": mine}, out=place / "TOY", architecture="linear_nonlinear", preset="tiny", steps=60)
reader = rv.Reconstructor(encoder, mine, rv.Ridge()).fit()

# %%
held_out = next(name for name, tier in mine.tiers.items() if "test" in tier)
movie = reader.reconstruct(held_out)
print(f"video correlation {movie.score()['video_correlation']:.2f}")
movie.show()
