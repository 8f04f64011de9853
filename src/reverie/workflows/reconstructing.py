"""Reconstructing trials into a run folder: resumable, one trial after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from reverie.decoding.contract import Decoder
from reverie.encoders.checkpoints import read_about
from reverie.encoders.contract import Encoder
from reverie.foundation.arrays import Mask
from reverie.foundation.devices import choose_device, prepare_threads
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npz, write_text
from reverie.foundation.progress import say
from reverie.reconstruction.ensembling import average
from reverie.reconstruction.fidelity import poisson
from reverie.reconstruction.mask import load_mask
from reverie.reconstruction.postprocessing import blur
from reverie.reconstruction.problem import Observation, Problem, Reconstruction
from reverie.reconstruction.problem import Progress as Step
from reverie.reconstruction.solvers.paper import PaperSolver
from reverie.recordings.sensorium import SensoriumRecording
from reverie.recordings.trial import Trial
from reverie.report.figures import save_figure, strip_figure
from reverie.report.tif import write_tif
from reverie.report.video_files import write_mp4
from reverie.workflows.decoding import FITS, decode_trial, own_decoder
from reverie.workflows.descending import descend
from reverie.workflows.evaluating import evaluate_run
from reverie.workflows.evidence import Evidence, other_movies, predict_mean, write_evidence
from reverie.workflows.loading import choose_trials, open_encoders, open_matching_animals, responses_of
from reverie.workflows.masking import own_mask
from reverie.workflows.provenance import describe, fingerprint
from reverie.workflows.run_folder import RunFolder, TrialFolder
from reverie.workflows.simulating import TRUTH


@dataclass(frozen=True)
class ReconstructionSettings:
    """How to invert encoders, or with which decoder to do without them.

    method: ``paper``, or a decoder by its name, which uses none of the settings below but blur. steps: of the descent.
    stride: frames between windows. blur: Gaussian sigma of the final blur in pixels and frames.
    combine: average the encoders' movies, or their gradients at each step. without: deviations of the released code
    from the published text to switch off, by their names in ``PaperSolver``.
    """

    method: str = "paper"
    steps: int = 1000
    stride: int = 8
    blur: float = 0.5
    combine: str = "movies"
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.steps < 1 or self.stride < 1 or self.blur < 0:
            raise ReverieError(
                f"steps ({self.steps}) and stride ({self.stride}) must be at least 1 and blur ({self.blur}) at least 0."
            )

    def solver(self) -> PaperSolver:
        """Return the solver these settings name."""
        return replace(PaperSolver(steps=self.steps, stride=self.stride), **dict.fromkeys(self.without, False))


@dataclass(frozen=True)
class Job:
    """Everything needed to reconstruct the trials of one animal."""

    recording: SensoriumRecording
    encoders: Mapping[Path, Encoder]
    mask: Mask
    settings: ReconstructionSettings
    device: torch.device
    decoder: Decoder | None = None


def reconstruct_trials(
    data: Path,
    encoder_folders: Sequence[Path],
    out: Path,
    *,
    animals: Sequence[str],
    trials: Sequence[str],
    settings: ReconstructionSettings,
    mask_file: Path | None,
    seed: int,
    device: str,
    about: Sequence[str] = (),
) -> pd.DataFrame:
    """Reconstruct trials of one or more animals and return their scores; finished movies of the same run are kept.

    about: sentences that the page of the run begins with.
    Raises ReverieError when data and encoders do not belong together, a trial has no responses, or ``out`` holds a
    run with other settings.
    """
    prepare_threads()
    where = choose_device(device)
    encoders = open_encoders(encoder_folders, where)
    recordings = open_matching_animals(data, animals, encoders)
    names = {animal: choose_trials(recording, trials) for animal, recording in recordings.items()}
    run = RunFolder(out)
    record = _record(data, encoder_folders, names, settings, mask_file, seed, where)
    run.open({**record, "about": [*_about(data), *about]})
    for animal, recording in recordings.items():
        mask = _mask(recording, encoders, mask_file, seed, where)
        method = settings.method
        decoder = own_decoder(recording, method, encoder_folders[0]) if method in FITS else None
        job = Job(recording, encoders, mask, settings, where, decoder)
        for name in names[animal]:
            reconstruct_trial(job, name, run.trial(animal, name))
    return evaluate_run(out)


def _about(data: Path) -> list[str]:
    """Say what data this is, where the folder itself tells."""
    simulated = (data / TRUTH).exists() and read_about(data / TRUTH).get("simulated")
    return ["The animals are simulated: their responses come from a model, not from a brain."] if simulated else []


def _record(
    data: Path,
    encoder_folders: Sequence[Path],
    names: Mapping[str, Sequence[str]],
    settings: ReconstructionSettings,
    mask_file: Path | None,
    seed: int,
    device: torch.device,
) -> dict[str, object]:
    encoders = {str(folder.resolve()): fingerprint(folder / "weights.safetensors") for folder in encoder_folders}
    return describe(
        {
            "data": str(data.resolve()),
            "encoders": encoders,
            "mask": str(mask_file.resolve()) if mask_file else "the encoders' own",
            **asdict(settings),
            "solver": asdict(settings.solver()),
            "trials": dict(names),
        },
        seed=seed,
        device=device,
    )


def _mask(
    recording: SensoriumRecording,
    encoders: Mapping[Path, Encoder],
    mask_file: Path | None,
    seed: int,
    device: torch.device,
) -> Mask:
    """Return the mask named, or the mean of the encoders' own."""
    if mask_file is not None:
        return load_mask(mask_file, recording.frame_size)
    own = [own_mask(recording, encoder, folder, seed=seed, device=device) for folder, encoder in encoders.items()]
    mean: Mask = np.stack(own).mean(axis=0, dtype=np.float32)
    return mean


def reconstruct_trial(job: Job, name: str, place: TrialFolder) -> None:
    """Reconstruct one trial, unless it is finished already, and write its folder."""
    if place.movie.exists():
        say(f"{place.animal} trial {name} is reconstructed already; its movie is kept.")
        return
    trial = job.recording.trial(name)
    recorded = responses_of(job.recording.name, trial)
    result = _find_movie(job, trial, place)
    movie = blur(result.movie, job.settings.blur)
    encoders = tuple(job.encoders.values())
    evidence = Evidence(
        truth=trial.movie,
        state=trial.state,
        responses=recorded,
        rates_from_truth=predict_mean(encoders, trial.movie, trial.state, job.recording.name),
        rates_from_reconstruction=predict_mean(encoders, movie, trial.state, job.recording.name),
        other_movies=other_movies(job.recording, trial),
        notes=_notes(job, trial),
    )
    write_evidence(place, evidence)
    rate = job.recording.frame_rate
    labels = ("truth", "reconstruction")
    write_mp4(place.folder / "movie.mp4", trial.movie, movie, frame_rate=rate, labels=labels)
    write_tif(place.folder / "movie.tif", movie, rate)
    save_figure(place.folder / "strip.png", strip_figure(trial.movie, movie, frame_rate=rate))
    # Written last: its presence means that the trial is finished.
    spread = {} if result.spread is None else {"spread": result.spread}
    write_npz(place.movie, {"movie": movie, "mask": job.mask, **spread})


def _find_movie(job: Job, trial: Trial, place: TrialFolder) -> Reconstruction:
    """Invert the encoders or, where the method is a decoder, decode without them."""
    if job.decoder is None:
        return _descend(job, trial, place)
    write_text(place.trace, _trace_table((), 0).to_csv(index=False))
    return decode_trial(job.decoder, trial)


def _descend(job: Job, trial: Trial, place: TrialFolder) -> Reconstruction:
    """Descend once for each model (or once for all, when gradients are combined) and average the movies."""
    groups = [[encoder] for encoder in job.encoders.values()]
    if job.settings.combine == "gradients":
        groups = [list(job.encoders.values())]
    results = []
    for number, encoders in enumerate(groups):
        label = f"{place.animal} trial {trial.name}" + (f", model {number + 1}/{len(groups)}" if groups[1:] else "")
        problem = problem_of(job, trial, encoders)
        results.append(descend(problem, job.settings.solver(), place, number, label, job.device))
    traces = [_trace_table(result.trace, number) for number, result in enumerate(results)]
    write_text(place.trace, pd.concat(traces).to_csv(index=False))
    return average(results)


def problem_of(job: Job, trial: Trial, encoders: Sequence[Encoder]) -> Problem:
    """Return the problem of one trial seen by the encoders, each an observation.

    Raises ReverieError when the trial has no responses.
    """
    # Copies: the arrays of a recording are memory-mapped and may not be written.
    state, responses = torch.tensor(trial.state), torch.tensor(responses_of(job.recording.name, trial))
    observations = tuple(Observation(encoder, job.recording.name, state, responses) for encoder in encoders)
    return Problem(observations, job.mask, poisson)


def _trace_table(trace: Sequence[Step], number: int) -> pd.DataFrame:
    columns = [column.name for column in fields(Step)]
    return pd.DataFrame([astuple(step) for step in trace], columns=columns).assign(model=number)


def _notes(job: Job, trial: Trial) -> tuple[str, ...]:
    """Say which encoders saw this trial while they were trained."""
    seen = [
        folder.name
        for folder in job.encoders
        if trial.name in read_about(folder).get("training_trials", {}).get(job.recording.name, ())
    ]
    if not seen:
        return ()
    return (f"This trial was among the training trials of {', '.join(seen)}: its scores are not held out.",)
