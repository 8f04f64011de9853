# %% [markdown]
# # Two animals, one movie
#
# Two animals saw the same clip. From each alone there is a movie; together they give one movie that explains the
# responses of both.

# %%
import tempfile
from pathlib import Path

import reverie as rv
from reverie.fitted.solving import observe

place = Path(tempfile.gettempdir()) / "reverie-notebooks"
if (place / "DATA").exists():
    lab = rv.open(place / "DATA")
else:
    lab = rv.simulate(place / "DATA", animals=2, neurons=300, train=16, oracle=3, test=2, frames=120, seed=1)
encoder = rv.train(lab, out=place / "ENCODER", minutes=1.0)
method = rv.Map(draws=0, calibrated=False)
readers = {animal: rv.Reconstructor(encoder, recording, method).fit() for animal, recording in lab.items()}

# %% [markdown]
# Each alone, scored where both see:

# %%
name = lab["mouse1"].trials("test")[0].name
alone = {animal: reader.reconstruct(name) for animal, reader in readers.items()}
mask = sum(reader.mask for reader in readers.values()) / len(readers)
truth = alone["mouse1"].truth
skip = len(truth) // 5
for animal, movie in alone.items():
    print(f"{animal}    {rv.score(movie.frames, truth, mask, seed=0, skip=skip)['video_correlation']:.2f}")

# %% [markdown]
# Together: a *problem* is any number of observations (responses to one trial, with the encoder that explains them
# and its likelihood) and a prior.

# %%
fits = {animal: reader.fits[0] for animal, reader in readers.items()}
together = rv.Problem(
    tuple(observe(fits[animal], recording[name], method) for animal, recording in lab.items()),
    prior=fits["mouse1"].prior,
)
joined = rv.solve(together, method)
print(f"together  {rv.score(joined.movie, truth, mask, seed=0, skip=skip)['video_correlation']:.2f}")

# %% [markdown]
# On the command line: `reverie reconstruct DATA ENCODER --join animals`. Repeats of a movie in one animal are
# joined in the same way, `--join repeats`.
