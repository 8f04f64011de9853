"""From an encoder and a recording to movies, in memory, for notebooks and scripts."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from reverie.encoders.contract import Encoder
from reverie.fitted.assembling import assemble
from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import fit
from reverie.fitted.parts import parts_for
from reverie.fitted.reconstruction import Reconstruction
from reverie.fitted.solving import solve_trial
from reverie.fitted.subject import FITTED, Subject
from reverie.foundation.arrays import Mask
from reverie.foundation.caches import cache_folder
from reverie.foundation.devices import choose_device, torch_defaults
from reverie.foundation.errors import ReverieError
from reverie.foundation.requests import given_path
from reverie.inversion.methods.registry import DEFAULT, Method, method_of
from reverie.recordings.given_trials import require_fitting
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial


class Reconstructor:
    """Reconstructs movies from the responses of one animal, with one encoder or several whose movies are averaged.

    Parameters
    ----------
    encoder
        A trained encoder with a readout for the animal, or several encoders.
    recording
        The animal's recording; the method is fitted to its training and validation trials.
    method
        Settings of a method, such as ``Map()``, ``Paper(steps=100)`` or ``Ridge()``, or a method's name.
    seed
        Seed of all random choices in fitting.
    device
        auto, cpu, cuda or mps.
    kept
        A folder for the fitted parts; by default beside the encoder, or in this user's cache where that cannot be
        written.

    Raises
    ------
    ReverieError
        When encoder and recording do not belong together.

    Examples
    --------
    >>> reader = Reconstructor(encoder, lab["mouse1"]).fit()  # doctest: +SKIP
    >>> movie = reader.reconstruct(lab["mouse1"]["3"])  # doctest: +SKIP
    """

    def __init__(
        self,
        encoder: Encoder | Sequence[Encoder],
        recording: Recording,
        method: Method | str = DEFAULT.name,
        *,
        seed: int = 0,
        device: str = "auto",
        kept: Path | str | None = None,
    ) -> None:
        self.method = method_of(method, {}) if isinstance(method, str) else method
        if not isinstance(self.method, Method):
            raise ReverieError(f"{method!r} is not a method; give settings, such as Map(), or a name, such as 'map'.")
        if not isinstance(recording, Recording):
            raise ReverieError(
                f"A reconstructor needs the recording of one animal, such as rv.open(DATA)['mouse1'], but was given a "
                f"{type(recording).__name__}."
            )
        self.recording = recording
        encoders = tuple(encoder) if isinstance(encoder, list | tuple) else (encoder,)
        wrong = [one for one in encoders if not isinstance(one, Encoder)]
        if wrong or not encoders:
            given = f"a {type(wrong[0]).__name__}" if wrong else "none"
            raise ReverieError(
                f"A reconstructor needs encoders, as rv.load(FOLDER) returns them, but was given {given}."
            )
        where = choose_device(device)
        subjects = [Subject(recording, one.to(where), seed, where) for one in encoders]
        self.fits = tuple(Fitted(subject, _folders(subject, kept)) for subject in subjects)

    def __repr__(self) -> str:
        """Return a description of one line."""
        encoders = "one encoder" if len(self.fits) == 1 else f"{len(self.fits)} encoders"
        return f"<Reconstructor of {self.recording.name} by {self.method.name} with {encoders}>"

    @torch_defaults()
    def fit(self, parts: Iterable[str] | None = None) -> "Reconstructor":
        """Fit what the method needs for this animal and encoder, keep it, and return the reconstructor.

        Parts that were fitted to the same trials and weights before are read, not fitted again. Fitting takes minutes
        on a CPU.

        Parameters
        ----------
        parts
            Some of the parts that `reverie fit` lists; by default those that the method needs.

        Raises
        ------
        ReverieError
            When there are too few trials, or no folder for them can be written.
        """
        for fitted in self.fits:
            fit(fitted, parts_for(self.method) if parts is None else parts)
        return self

    @property
    def mask(self) -> Mask:
        """Where the population sees (height, width), the mean over encoders; raises ReverieError before fitting."""
        mean: Mask = np.stack([fitted.mask for fitted in self.fits]).mean(axis=0, dtype=np.float32)
        return mean

    @torch_defaults()
    def reconstruct(self, trial: Trial | str) -> Reconstruction:
        """Return the movie that explains the responses to one trial.

        Parameters
        ----------
        trial
            A trial of the recording, or its name.

        Raises
        ------
        ReverieError
            When the trial has no responses, its arrays do not fit together or the recording, or what the method needs
            was not fitted.
        """
        shown = trial if isinstance(trial, Trial) else self.recording.trial(trial)
        require_fitting(shown, self.recording)
        mask = self.mask
        solutions = [solve_trial(fitted, shown, self.method, mask=mask) for fitted in self._fits_to_average()]
        return assemble(solutions, self.fits, self.method, shown, mask)

    def _fits_to_average(self) -> Sequence[Fitted]:
        """Return the fits whose movies are averaged; ridge uses no encoder, so one is enough."""
        return self.fits[:1] if self.method.name == "ridge" else self.fits


def _folders(subject: Subject, kept: Path | str | None) -> tuple[Path, ...]:
    if kept is not None:
        return (given_path(kept, "What is fitted").absolute(),)
    own = subject.encoder.folder
    return (cache_folder() / FITTED,) if own is None else (own / FITTED, cache_folder() / FITTED)
