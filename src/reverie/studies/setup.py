"""What every study works with: materials, the store of finished jobs, and the numbers that every question needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.fitted.materials import Materials, weights_fingerprint
from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.provenance import describe
from reverie.inversion.ensembling import average
from reverie.inversion.postprocessing import blur
from reverie.jobs.descending import read_result
from reverie.jobs.engine import Workers
from reverie.jobs.job import Clip, Job, JobFolder, Targets, decoders_for, fit_decoder, perform
from reverie.jobs.settings import ReconstructionSettings
from reverie.scoring.controls import Comparison
from reverie.scoring.rule import frames_to_skip, scored_region
from reverie.scoring.scores import measure
from reverie.scoring.shots import shot_starts
from reverie.studies.choosing import Scale, Stop, choose_clips, choose_stop, validation_clips

Conditions = Mapping[str, Mapping[Clip, Sequence[Job]]]
"""By condition and clip: the jobs whose movies are averaged. A condition may leave clips out."""


def jobs_of(conditions: Conditions) -> list[Job]:
    """Return all jobs that the conditions need."""
    return [job for clips in conditions.values() for jobs in clips.values() for job in jobs]


def measure_movie(materials: Materials, movie: Movie, clip: Clip) -> dict[str, float]:
    """Return the main scores of a clip's reconstruction within the evaluation mask, without the first frames."""
    truth = clip.read(materials).movie
    skip = frames_to_skip(len(truth))
    shots = np.unique(np.maximum(shot_starts(truth) - skip, 0))
    return measure(Comparison(movie[skip:], truth[skip:], shots), scored_region(materials.masks[clip.animal]))


@dataclass(frozen=True, eq=False)
class Setup:
    """Everything a study may use.

    Attributes
    ----------
    materials
        Recordings, encoders, masks, truth, seed.
    scale
        How large studies are.
    out
        Folder of all studies, which share their finished jobs.
    workers
        Who does the jobs.
    trials
        Names or tiers asked for; the test tier when empty.
    stops
        Stops chosen so far, by encoder, targets and blurs to choose from.
    """

    materials: Materials
    scale: Scale
    out: Path
    workers: Workers[Materials]
    trials: tuple[str, ...] = ()
    stops: dict[tuple[Path, Targets, tuple[float, ...]], Stop] = field(default_factory=dict)

    @property
    def encoders(self) -> tuple[Path, ...]:
        """The folders of the trained encoders."""
        return self.materials.sources.encoders

    @property
    def seed(self) -> int:
        """The seed of whatever is random."""
        return self.materials.sources.seed

    @cached_property
    def clips(self) -> tuple[Clip, ...]:
        """The clips that are reconstructed at this scale: of every animal, each movie once."""
        return choose_clips(self.materials, self.trials, self.scale.clips)

    def settings(
        self, encoder: Path | None = None, targets: Targets = "recorded", blurs: tuple[float, ...] = (0.5,)
    ) -> ReconstructionSettings:
        """Return how to invert an encoder (the first by default) from such targets, with the stop chosen for them.

        The stop (and the blur, where there are several to choose from) is chosen on validation clips, which are not
        reported; where there is one number of steps and one blur it is those.
        """
        folder = encoder or self.encoders[0]
        settings = ReconstructionSettings(stride=self.scale.stride, steps=self.scale.stops[-1], blur=blurs[0])
        if len(self.scale.stops) == len(blurs) == 1:
            return settings
        key = (folder, targets, blurs)
        if key not in self.stops:
            clips = validation_clips(self.materials, self.clips, self.scale.validation)
            jobs = [Job(clip, (folder,), settings, targets) for clip in clips]
            candidates = [*product(self.scale.stops, blurs)]
            self.stops[key] = choose_stop(jobs, candidates, self.workers, self.out / "stops")
        steps, blur = self.stops[key]
        return replace(settings, steps=steps, blur=blur)

    def jobs(
        self,
        settings: ReconstructionSettings | None = None,
        encoders: Sequence[Path] | None = None,
        targets: Targets = "recorded",
        clips: Iterable[Clip] | None = None,
    ) -> dict[Clip, list[Job]]:
        """Return the jobs of clips, one for each encoder.

        Without arguments those of the plain reconstruction: every clip by every encoder from recorded responses.
        """
        settings, encoders = settings or self.settings(), self.encoders if encoders is None else encoders
        chosen = self.clips if clips is None else clips
        return {clip: [Job(clip, (folder,), settings, targets) for folder in encoders] for clip in chosen}

    def run(self, jobs: Sequence[Job], description: str) -> None:
        """Do the jobs that are not finished yet, each once; decoders that they need are fitted before, each once."""
        places = {self.place(job): job for job in jobs}
        left = [(job, place) for place, job in places.items() if not place.finished.exists()]
        for fits in decoders_for(job for job, _ in left):
            self.workers.run(fit_decoder, fits, "decoders")
        self.workers.run(_perform, left, description)

    def place(self, job: Job) -> JobFolder:
        """Return where the result of a job lies; the folder's name is the job's fingerprint."""
        return JobFolder(self.out / "jobs" / job.fingerprint(self.materials))

    def movie(self, jobs: Sequence[Job], sigma: float | None = None) -> Movie:
        """Return the mean of the jobs' movies, blurred by ``sigma`` (as their settings say by default).

        Raises ReverieError when a job was not done.
        """
        places = [self.place(job) for job in jobs]
        for place in places:
            if not place.finished.exists():
                raise ReverieError(f"{place.folder} is not finished; give the same command again.")
        mean = average([read_result(place.finished) for place in places])
        return blur(mean.movie, jobs[0].settings.blur if sigma is None else sigma)

    def score(self, conditions: Conditions, sigma: float | None = None) -> pd.DataFrame:
        """Return a row of scores per condition and clip: condition, animal, clip, and one column per score.

        sigma: of the blur, as the settings of the jobs say by default.
        """
        rows = [
            {"condition": condition, "animal": clip.animal, "clip": clip.name}
            | measure_movie(self.materials, self.movie(jobs, sigma), clip)
            for condition, clips in conditions.items()
            for clip, jobs in clips.items()
        ]
        return pd.DataFrame(rows)

    def leads(self) -> list[str]:
        """Say what data the measured numbers come from, and when descents were stopped."""
        neurons = ", ".join(f"{name} ({one.neurons} neurons)" for name, one in self.materials.recordings.items())
        kind = (
            "simulated animals, whose responses come from a model and not from a brain"
            if self.materials.simulated
            else "animals"
        )
        return [
            f"Measured on {kind}: {neurons}; {len(self.clips)} clips, {len(self.encoders)} "
            f"encoder{'s' * (len(self.encoders) > 1)}, scale “{self.scale.name}”.",
            _stop_sentence(self.scale),
        ]

    def record(self) -> dict[str, object]:
        """Return how results were made here, ready for JSON."""
        sources = self.materials.sources
        settings = {
            "data": str(sources.data.resolve()),
            "encoders": {folder.name: weights_fingerprint(folder) for folder in sources.encoders},
            "clips": [f"{clip.animal} {clip.name}" for clip in self.clips],
            "scale": asdict(self.scale),
            "stops": {
                f"{folder.name}, {targets}": f"{steps} steps, blur {blur:g}"
                for (folder, targets, _), (steps, blur) in self.stops.items()
            },
        }
        return describe(settings, seed=sources.seed, device=self.materials.device)


def _stop_sentence(scale: Scale) -> str:
    if len(scale.stops) == 1:
        return f"Every descent took {scale.stops[0]} steps."
    return (
        f"Every descent was stopped after the number of steps (of {', '.join(map(str, scale.stops))}) that was best on "
        "validation clips, chosen for one encoder and each kind of target responses; the published method takes 1000, "
        "which on few neurons follows the noise of the single trial."
    )


def _perform(materials: Materials, task: tuple[Job, JobFolder]) -> None:
    perform(task[0], materials, task[1])
