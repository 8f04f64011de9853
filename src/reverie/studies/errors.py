"""Does the activity say anything beyond the encoder? Error maps beside a null distribution."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_RATE
from reverie.jobs.job import Clip, Job, Targets
from reverie.jobs.null_trials import excerpt, null_clips
from reverie.report.video_files import write_colour_mp4
from reverie.scoring.deviations import Patch
from reverie.studies.deviation_figures import error_strip_figure, null_figure, profiles_figure
from reverie.studies.error_display import coloured
from reverie.studies.error_maps import ErrorMap, make_error_map, mean_profiles
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.laboratory import Laboratory

LEVEL = 0.05
"""Chance at which a movie without deviations is said to have one."""


@dataclass(frozen=True)
class Size:
    """Clips of each animal, frames of each from its start, and null trials of each."""

    clips: int
    frames: int
    nulls: int


SIZES: Mapping[str, Size] = {"quick": Size(1, 32, 19), "laptop": Size(2, 150, 39), "paper": Size(10, 300, 19)}


def chosen(laboratory: Laboratory) -> list[Clip]:
    """Return the first frames of some of the clips of every animal."""
    size, materials = SIZES[laboratory.scale.name], laboratory.materials
    own = [[clip for clip in laboratory.clips if clip.animal == animal] for animal in materials.recordings]
    return [excerpt(materials, clip, size.frames) for clips in own for clip in clips[: size.clips]]


def jobs_of(laboratory: Laboratory, clip: Clip, targets: Targets = "recorded") -> list[Job]:
    """Return one job an encoder; the stop is that of recorded responses, for all alike."""
    return [Job(clip, (folder,), laboratory.settings(), targets) for folder in laboratory.encoders]


def plan(laboratory: Laboratory) -> list[Job]:
    """Reconstruct from recorded and from predicted responses; null trials come clip by clip, to save memory."""
    clips = chosen(laboratory)
    recorded = [job for clip in clips for job in jobs_of(laboratory, clip)]
    return recorded + [job for clip in clips for job in jobs_of(laboratory, clip, "predicted")]


def examine(laboratory: Laboratory, clip: Clip) -> ErrorMap:
    """Reconstruct a clip and its null trials, as far as that is not done, and test its error map against theirs."""
    materials, size = laboratory.materials, SIZES[laboratory.scale.name]
    recorded, predicted = jobs_of(laboratory, clip), jobs_of(laboratory, clip, "predicted")
    nulls = [jobs_of(laboratory, each) for each in null_clips(materials, clip, size.nulls)]
    all_jobs = [job for jobs in (recorded, predicted, *nulls) for job in jobs]
    laboratory.run(all_jobs, f"null trials of {clip.animal}, clip {clip.name}")
    return make_error_map(
        f"{clip.animal}, clip {clip.name}",
        clip.read(materials).movie,
        laboratory.movie(recorded),
        laboratory.movie(predicted),
        [laboratory.movie(jobs) for jobs in nulls],
        materials.masks[clip.animal],
        level=LEVEL,
    )


def conclude(laboratory: Laboratory) -> Findings:
    """Test every clip's error map, and tell what deviations are like beside those of the null trials."""
    maps, links = [examine(laboratory, clip) for clip in chosen(laboratory)], {}
    for number, each in enumerate(maps):
        path = laboratory.out / "errors" / f"error-map-{number + 1}.mp4"
        write_colour_mp4(path, coloured(each.error, each.predicted))
        links[f"Error map of {each.name} (mp4)"] = path
    table, profiles = pd.DataFrame([each.numbers() for each in maps]), mean_profiles(maps)
    rows = [{"clip": each.name, **vars(patch)} for each in maps for patch in each.test.patches]
    patches = pd.DataFrame(rows, columns=["clip", *Patch.__dataclass_fields__])
    shown = max(maps, key=lambda each: each.test.maximum / each.test.threshold)
    local, overall = (int((table[name] <= LEVEL).sum()) for name in ("p_largest", "p_overall"))
    return Findings(
        [
            f"{local} of {len(maps)} error maps hold a deviation that trial noise does not explain somewhere (largest "
            f"deviation, p ≤ {LEVEL:g}), {overall} of them all over (overall deviation, p ≤ {LEVEL:g}).",
            f"Deviations measure {_extent(table, '')}; those of null trials {_extent(table, 'null_')}.",
            "A significant deviation is activity that many neurons share and the encoder does not expect: an error of "
            "the encoder, variability that neurons share, or another percept. The test does not tell which.",
            f"{len(shown.truth) / FRAME_RATE:.1f} s of each clip are tested, beside {len(shown.nulls)} null trials.",
        ],
        [
            Picture(
                "null",
                "Largest and overall deviation of each clip (diamonds) beside those of its null trials (dots); the bar "
                "is the threshold.",
                null_figure({each.name: each.test for each in maps}),
                table,
            ),
            Picture(
                "frames",
                f"{shown.name}: the error map lies over the movie from predicted responses; what is significant is "
                "outlined. The data are the significant patches.",
                error_strip_figure(shown.truth, shown.recorded, shown.predicted, shown.test.significant),
                patches,
            ),
            Picture(
                "extent",
                "How far deviations reach: autocorrelation in time and space, and mean absolute deviation (grey "
                "levels) by distance from the middle of the mask; means over clips.",
                profiles_figure(profiles),
                profiles,
            ),
        ],
        links=links,
    )


def _extent(table: pd.DataFrame, of: str) -> str:
    size, frames, pixels = table[[f"{of}mean_absolute", f"{of}length_frames", f"{of}length_right"]].mean()
    return f"{size:.1f} grey levels, {frames:.1f} frames and {pixels * DEGREES_PER_PIXEL:.0f}°"


ERRORS = Experiment(
    "errors",
    "Error maps: what the activity says beyond the encoder",
    "Does a reconstruction from recorded responses differ from one of predicted responses by more than trial noise?",
    plan,
    conclude,
)
