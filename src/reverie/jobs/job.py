"""One job = one reconstruction of one clip; everything that decides its result is in it, and so in its fingerprint."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float

from reverie.encoders.prediction import predict
from reverie.fitted.assuming import own_assumptions
from reverie.fitted.decoding import FITS, Teaching, decode, own_decoder
from reverie.fitted.materials import Materials, weights_fingerprint
from reverie.foundation.arrays import Indices, Movie, Responses, State
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_json
from reverie.inversion.fidelity import poisson
from reverie.inversion.methods.best import BestDecoder
from reverie.inversion.problem import Observation, Problem, Reconstruction
from reverie.inversion.reconstruct import Solver
from reverie.jobs.descending import descend, read_result, write_result
from reverie.jobs.settings import ReconstructionSettings
from reverie.recordings.opening import responses_of
from reverie.recordings.readers.sensorium import SensoriumRecording
from reverie.recordings.trial import Trial

Targets = Literal["recorded", "predicted", "truth"]
"""What a reconstruction starts from: recorded responses, each encoder's own rates to the true movie, true rates."""


@dataclass(frozen=True, eq=False)
class Clip:
    """What an animal saw: a recorded trial by its name, or a stimulus that was never shown (movie and state given).

    responses: to a stimulus, where some were made up or cut out of a recording.
    """

    animal: str
    name: str
    movie: Movie | None = None
    state: State | None = None
    responses: Responses | None = None

    def read(self, materials: Materials) -> Trial:
        """Return it as a trial; a stimulus has those given, if any. Raises ReverieError when a file is broken."""
        if self.movie is None or self.state is None:
            return materials.recordings[self.animal].trial(self.name)
        return Trial(self.name, "stimulus", self.movie, self.state, self.responses)

    def digest(self, materials: Materials) -> str:
        """Return what its contents are, as a hash."""
        if self.movie is None:
            return _digest_of_trial(materials.recordings[self.animal], self.name)
        return digest(*(array for array in (self.movie, self.state, self.responses) if array is not None))


@dataclass(frozen=True)
class Job:
    """One reconstruction.

    encoders: folders; the gradients of several are averaged (the movies of several jobs are averaged afterwards, by
    whoever wants that). targets: see ``Targets``. share: of the neurons that is kept, the same for all encoders, drawn
    anew for every clip; smaller shares are part of larger ones. silenced: the neurons left out stay in the loss with
    responses of 0, as in the released code, instead of being left out of it. draw: another number, another draw.
    together: other showings of the same movie, to this or other animals, whose responses are explained as well.
    """

    clip: Clip
    encoders: tuple[Path, ...]
    settings: ReconstructionSettings = field(default_factory=ReconstructionSettings)
    targets: Targets = "recorded"
    share: float = 1.0
    silenced: bool = False
    draw: int = 0
    together: tuple[Clip, ...] = ()

    def describe(self, materials: Materials) -> dict[str, Any]:
        """Return all that decides the result, ready for JSON."""
        truth = materials.truth_folder if self.targets == "truth" else None
        return {
            "animal": self.clip.animal,
            "clip": self.clip.name,
            "contents": self.clip.digest(materials),
            "together": [clip.digest(materials) for clip in self.together],
            "encoders": [weights_fingerprint(folder) for folder in self.encoders],
            "truth": weights_fingerprint(truth) if truth else None,
            "mask": digest(materials.masks[self.clip.animal]),
            **self.settings.descent(),
            "targets": self.targets,
            "share": self.share,
            "silenced": self.silenced,
            "draw": [materials.sources.seed, self.draw] if self.share < 1 else None,
        }

    def fingerprint(self, materials: Materials) -> str:
        """Return 16 hexadecimal digits that change whenever anything that decides the result changes."""
        text = json.dumps(self.describe(materials), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class JobFolder:
    """Where one job's result lies: job.json says what it is, movie.npz is there once it is finished."""

    folder: Path

    @property
    def finished(self) -> Path:
        """The movie and its trace."""
        return self.folder / "movie.npz"

    @property
    def unfinished(self) -> Path:
        """Where an interrupted descent stands."""
        return self.folder / "unfinished.npz"


def perform(job: Job, materials: Materials, place: JobFolder, label: str = "") -> Reconstruction:
    """Do one job, or read its result where it is finished already; ``label`` shows a bar of its steps.

    Raises ReverieError when the clip has no responses to start from.
    """
    write_json(place.folder / "job.json", job.describe(materials))
    return find_movie(job, materials, place.finished, place.unfinished, label)


def find_movie(job: Job, materials: Materials, finished: Path, unfinished: Path, label: str = "") -> Reconstruction:
    """Do one job with its two files where the caller wants them: invert the encoders, or decode without them."""
    if job.settings.method in FITS:
        return _decode(job, materials, finished)
    solver: Solver[Any] = job.settings.solver()
    return descend(lambda: problem_of(job, materials), solver, finished, unfinished, label, materials.device)


def decoders_for(jobs: Iterable[Job]) -> list[list[tuple[Job, str]]]:
    """Return the decoders that jobs need, each once, as a job that needs it and the decoder's kind.

    They come in rounds: linear decoders first, since others are built on them.
    """
    rounds: dict[bool, dict[tuple[Path, str, str], tuple[Job, str]]] = {True: {}, False: {}}
    for job in jobs:
        for kind in _decoders_of(job):
            rounds[kind == "ridge"].setdefault((job.encoders[0], job.clip.animal, kind), (job, kind))
    return [list(found.values()) for found in rounds.values()]


def fit_decoder(materials: Materials, task: tuple[Job, str]) -> None:
    """Fit a decoder that a job needs, where it is not fitted yet."""
    own_decoder(_teaching(task[0], materials), task[1])


def _decoders_of(job: Job) -> tuple[str, ...]:
    """Return the kinds of decoder that a job needs, those that others are built on first."""
    if job.settings.method in FITS:
        return tuple(dict.fromkeys(("ridge", job.settings.method)))
    return ()


def _teaching(job: Job, materials: Materials) -> Teaching:
    folder, animal = job.encoders[0], job.clip.animal
    return Teaching(materials.recordings[animal], folder, materials.encoder(folder), materials.masks[animal])


def _decode(job: Job, materials: Materials, finished: Path) -> Reconstruction:
    if finished.exists():
        return read_result(finished)
    if job.share < 1:
        raise ReverieError(f"The decoder {job.settings.method!r} reads all neurons; it cannot leave any out.")
    if job.together:
        raise ReverieError(f"The decoder {job.settings.method!r} reads one trial; choose `map` to join several.")
    trial = job.clip.read(materials)
    decoder = own_decoder(_teaching(job, materials), job.settings.method)
    if isinstance(decoder, BestDecoder):
        decoder = decoder.altered(job.settings.map_share, job.settings.follow)
    result = decode(decoder, targets_of(job, materials, trial, job.encoders[0]), trial.state)
    write_result(finished, result)
    return result


def problem_of(job: Job, materials: Materials) -> Problem:
    """Return the problem of a job, each encoder an observation of each showing.

    Raises ReverieError when the clip has no responses to start from.
    """
    shown = [_problem_of_one(replace(job, clip=clip), materials) for clip in (job.clip, *job.together)]
    observations = tuple(observation for problem in shown for observation in problem.observations)
    return replace(shown[0], observations=observations)


def _problem_of_one(job: Job, materials: Materials) -> Problem:
    """Return the problem of a job's clip alone."""
    trial = job.clip.read(materials)
    rows = None if job.share >= 1 else kept_neurons(job, materials)
    # Copies: the arrays of a recording are memory-mapped and may not be written.
    state = torch.tensor(trial.state)
    observations = []
    for folder in job.encoders:
        responses = torch.tensor(targets_of(job, materials, trial, folder))
        if rows is not None and job.silenced:
            silent = torch.ones(len(responses), dtype=torch.bool)
            silent[rows] = False
            responses[silent] = 0.0
        chosen = None if rows is None or job.silenced else torch.from_numpy(rows)
        observations.append(Observation(materials.encoder(folder), job.clip.animal, state, responses, chosen))
    problem = Problem(tuple(observations), materials.masks[job.clip.animal], poisson)
    if job.settings.method != "map":
        return problem
    encoders = {folder: materials.encoder(folder) for folder in job.encoders}
    assumptions = own_assumptions(materials.recordings[job.clip.animal], encoders, job.settings.likelihood)
    return assumptions.applied_to(problem, job.encoders)


def kept_neurons(job: Job, materials: Materials) -> Indices:
    """Return the rows of the neurons that are kept, sorted; at least one."""
    neurons = materials.recordings[job.clip.animal].neurons
    name = f"{job.clip.animal}/{job.clip.name}/{job.draw}".encode()
    seed = int.from_bytes(hashlib.sha256(name).digest()[:8])
    order = np.random.default_rng([materials.sources.seed, seed]).permutation(neurons)
    rows: Indices = np.sort(order[: max(1, round(job.share * neurons))])
    return rows


def targets_of(job: Job, materials: Materials, trial: Trial, folder: Path) -> Responses:
    """Return what the encoder of one folder is to explain: (neuron, time)."""
    if job.targets == "recorded":
        return responses_of(job.clip.animal, trial)
    source = materials.truth if job.targets == "truth" else materials.encoder(folder)
    return predict(source, trial.movie, trial.state, job.clip.animal)


def digest(*arrays: Float[np.ndarray, "..."]) -> str:
    """Return 16 hexadecimal digits of the contents of arrays."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(str((array.shape, array.dtype)).encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()[:16]


@lru_cache(maxsize=4096)
def _digest_of_trial(recording: SensoriumRecording, name: str) -> str:
    trial = recording.trial(name)
    arrays = [trial.movie, trial.state] + ([] if trial.responses is None else [trial.responses])
    return digest(*arrays)
