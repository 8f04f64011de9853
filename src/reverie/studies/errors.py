"""Does the activity say anything beyond the encoder? Error maps compared with a null distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from reverie.foundation.arrays import Mask, Movie
from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import say
from reverie.jobs.clip import Clip, by_animal, excerpt, simulated_clips
from reverie.jobs.job import Job, Targets
from reverie.reporting.video_files import write_colour_mp4
from reverie.scoring.correlation import Region
from reverie.scoring.deviations import Deviations, Patch, find_deviations
from reverie.scoring.error_statistics import describe_error, error_profiles
from reverie.scoring.rule import scored_frames, scored_region
from reverie.studies.error_figures import coloured, error_strip_figure, null_figure, profiles_figure
from reverie.studies.setup import Setup, degrees_of_pixel
from reverie.studies.study import Findings, Picture, Study

LEVEL = 0.05
"""Significance level: the chance of finding a deviation in a movie that has none."""


@dataclass(frozen=True)
class Size:
    """Clips of each animal, frames of each from its start, and simulated trials of each."""

    clips: int
    frames: int
    nulls: int


SIZES: Mapping[str, Size] = {"quick": Size(1, 32, 19), "laptop": Size(2, 150, 39), "paper": Size(10, 300, 19)}


@dataclass(frozen=True)
class ErrorMap:
    """Movies of one clip, all (time, height, width), without the first frames, which are not scored."""

    name: str
    truth: Movie
    recorded: Movie
    """Reconstructed from recorded responses."""
    predicted: Movie
    """Reconstructed from predicted ones."""
    nulls: Sequence[Movie]
    """The difference to ``predicted`` of the reconstruction of each simulated trial."""
    mask: Mask
    degrees_per_pixel: float
    frame_rate: float

    @property
    def region(self) -> Region:
        """Where deviations count: the evaluation mask."""
        return scored_region(self.mask)

    @cached_property
    def test(self) -> Deviations:
        """The test of the map; raises ReverieError when there are too few simulated trials for the level."""
        return find_deviations(self.error, self.nulls, self.region, level=LEVEL)

    @property
    def error(self) -> Movie:
        """Reconstruction from recorded responses minus that from predicted ones, grey levels (time, height, width)."""
        return np.asarray(self.recorded - self.predicted)

    def numbers(self) -> dict[str, str | float]:
        """Return test results and statistics of the map by name; ``null_…`` are the means over simulated trials."""
        own, nulls = self._described(self.error), pd.DataFrame(map(self._described, self.nulls)).mean()
        return {
            "clip": self.name,
            "p_largest": self.test.p_value,
            "p_overall": self.test.overall_p_value,
            "largest": self.test.maximum,
            "threshold": self.test.threshold,
            "share_significant": float(self.test.significant[:, self.region].mean()),
            **own,
            **{f"null_{name}": float(nulls[name]) for name in own},
        }

    def _described(self, error: Movie) -> dict[str, float]:
        found = describe_error(error, self.truth, self.region)
        return {**found, "degrees_right": found["length_right"] * self.degrees_per_pixel}

    def profiles(self) -> pd.DataFrame:
        """Return the curves of the map and of all simulated trials: kind, along, place, value."""
        kinds = {"error maps": [self.error], "simulated trials": self.nulls}
        return pd.concat(
            [
                error_profiles(each, self.mask, self.region, self.degrees_per_pixel).assign(kind=kind)
                for kind, maps in kinds.items()
                for each in maps
            ]
        )


def mean_profiles(maps: Sequence[ErrorMap]) -> pd.DataFrame:
    """Return the curves of the error maps and of the simulated trials, averaged over clips."""
    curves = pd.concat([each.profiles() for each in maps])
    return curves.groupby(["kind", "along", "place"], sort=False)["value"].mean().reset_index()


def chosen_excerpts(setup: Setup) -> list[Clip]:
    """Return the first frames of some of the clips of every animal."""
    size = SIZES[setup.scale.name]
    few = [clip for clips in by_animal(setup.clips).values() for clip in clips[: size.clips]]
    return [excerpt(setup.session, clip, size.frames) for clip in few]


def clip_jobs(setup: Setup, clip: Clip, targets: Targets = "recorded") -> list[Job]:
    """Return one job per encoder; whatever the targets, it takes the number of steps chosen for recorded responses."""
    return setup.jobs(targets=targets, clips=[clip])[clip]


def plan(setup: Setup) -> list[Job]:
    """Plan reconstructions from recorded and predicted responses; those of simulated trials follow clip by clip."""
    clips = chosen_excerpts(setup)
    recorded = [job for clip in clips for job in clip_jobs(setup, clip)]
    return recorded + [job for clip in clips for job in clip_jobs(setup, clip, "predicted")]


def make_error_map(setup: Setup, clip: Clip) -> ErrorMap:
    """Reconstruct a clip and its simulated trials where that is not done yet, and test its error map against theirs."""
    session, size = setup.session, SIZES[setup.scale.name]
    recorded, predicted = clip_jobs(setup, clip), clip_jobs(setup, clip, "predicted")
    nulls = [clip_jobs(setup, each) for each in simulated_clips(session, clip, size.nulls)]
    all_jobs = [job for jobs in (recorded, predicted, *nulls) for job in jobs]
    setup.run(all_jobs, f"simulated trials of {clip.animal}, clip {clip.name}")
    truth = clip.read(session).known_movie
    scored = scored_frames(len(truth))
    expected = setup.movie(predicted)[scored]
    return ErrorMap(
        name=f"{clip.animal}, clip {clip.name}",
        truth=np.asarray(truth[scored]),
        recorded=setup.movie(recorded)[scored],
        predicted=expected,
        nulls=[setup.movie(jobs)[scored] - expected for jobs in nulls],
        mask=session.mask(clip.animal),
        degrees_per_pixel=degrees_of_pixel(session.recordings[clip.animal]),
        frame_rate=session.recordings[clip.animal].frame_rate,
    )


def conclude(setup: Setup) -> Findings:
    """Test every clip's error map, and compare its deviations with those of the simulated trials."""
    maps = [make_error_map(setup, clip) for clip in chosen_excerpts(setup)]
    table = pd.DataFrame([each.numbers() for each in maps])
    shown = max(maps, key=lambda each: each.test.maximum / each.test.threshold)
    local, overall = (int((table[name] <= LEVEL).sum()) for name in ("p_largest", "p_overall"))
    return Findings(
        [
            f"{local} of {len(maps)} error maps have a local deviation that trial noise does not explain (largest "
            f"deviation, p ≤ {LEVEL:g}), and {overall} deviate as a whole (overall deviation, p ≤ {LEVEL:g}); of maps "
            f"without deviations, either test would count one in {1 / LEVEL:.0f}.",
            f"Deviations measure {_extent(table, '')}; those of simulated trials {_extent(table, 'null_')}.",
            "A significant deviation is activity that many neurons share and the encoder does not expect: an error of "
            "the encoder, variability that neurons share, or another percept. The test does not tell which.",
            f"{len(shown.truth) / shown.frame_rate:.1f} s of each clip are tested against {len(shown.nulls)} simulated "
            "trials.",
        ],
        _pictures(maps, shown, table),
        links=_write_movies(setup, maps),
    )


def _pictures(maps: Sequence[ErrorMap], shown: ErrorMap, table: pd.DataFrame) -> list[Picture]:
    profiles = mean_profiles(maps)
    rows = [{"clip": each.name, **vars(patch)} for each in maps for patch in each.test.patches]
    patches = pd.DataFrame(rows, columns=["clip", *Patch.__dataclass_fields__])
    return [
        Picture(
            "null",
            "Largest and overall deviation of each clip (diamonds), and those of its simulated trials (dots); the "
            "bar is the threshold.",
            null_figure({each.name: each.test for each in maps}),
            table,
        ),
        Picture(
            "frames",
            f"{shown.name}: the error map lies over the movie from predicted responses; what is significant is "
            "outlined. The data are the significant patches.",
            error_strip_figure(
                shown.truth, shown.recorded, shown.predicted, shown.test.significant, frame_rate=shown.frame_rate
            ),
            patches,
        ),
        Picture(
            "extent",
            "How far deviations reach: autocorrelation in time and space, and mean absolute deviation (grey levels) by "
            "distance from the middle of the mask; means over clips.",
            profiles_figure(profiles),
            profiles,
        ),
    ]


def _write_movies(setup: Setup, maps: Sequence[ErrorMap]) -> dict[str, Path]:
    """Write each map as a movie in colour, and return the files by the words of their links."""
    links = {}
    for number, each in enumerate(maps):
        path = setup.out / "errors" / f"error-map-{number + 1}.mp4"
        try:
            write_colour_mp4(path, coloured(each.error, each.predicted), frame_rate=each.frame_rate)
        except NotApplicable as error:
            say(f"{error} The study continues without it.")
            continue
        links[f"Error map of {each.name} (mp4)"] = path
    return links


def _extent(table: pd.DataFrame, of: str) -> str:
    size, frames, degrees = table[[f"{of}mean_absolute", f"{of}length_frames", f"{of}degrees_right"]].mean()
    return f"{size:.1f} grey levels, {frames:.1f} frames and {degrees:.0f}°"


ERRORS = Study(
    "errors",
    "Error maps: what the activity says beyond the encoder",
    "Does a reconstruction from recorded responses differ from one of predicted responses by more than trial noise?",
    conclude,
    plan,
)
