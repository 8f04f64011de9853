"""Was it clip A or B? Identification among 100 movies by likelihood, without any reconstruction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from reverie.studies.conditions import summarise_conditions
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.identifying import identify
from reverie.studies.laboratory import Laboratory
from reverie.studies.plates import column_figure, draw_curve, explain


@dataclass(frozen=True)
class Size:
    """Numbers of neurons, and lengths of cut-outs in frames."""

    neurons: Sequence[int]
    frames: Sequence[int]


SIZES: Mapping[str, Size] = {
    "quick": Size((30, 300), (10, 30, 90)),
    "laptop": Size((10, 30, 100, 300, 1000), (3, 10, 30, 90, 270)),
    "paper": Size((10, 30, 100, 300, 1000, 3000), (3, 10, 30, 90, 270)),
}


def conclude(laboratory: Laboratory) -> Findings:
    """Ask about every clip, and draw how often the answer is right."""
    size, materials = SIZES[laboratory.scale.name], laboratory.materials
    everyone = min(materials.recordings[clip.animal].neurons for clip in laboratory.clips)
    neurons = sorted({count for count in size.neurons if count < everyone} | {everyone})
    answers = identify(materials, laboratory.clips, laboratory.encoders[0], neurons, size.frames)
    names = [f"{row.neurons} neurons, {row.seconds:.2g} s" for row in answers.itertuples()]
    answers = answers.assign(condition=names)
    summary = summarise_conditions(answers, "accuracy", list(dict.fromkeys(names)), materials.sources.seed)
    keys = answers.drop_duplicates("condition")[["condition", "neurons", "seconds"]]
    summary = summary.assign(low=summary["boot_low"], high=summary["boot_high"]).merge(keys, on="condition")
    figure, (axes,) = column_figure()
    for place, (seconds, curve) in enumerate(summary.groupby("seconds")):
        draw_curve(axes, curve["neurons"].tolist(), curve, f"{seconds:.2g} s", place)
    fewest, most = answers["candidates"].min(), answers["candidates"].max()
    axes.axhline(1 / most, color="0.5", linestyle=":", linewidth=0.8)
    axes.set(xscale="log", xlabel="neurons", ylabel="share identified", ylim=(-0.02, 1.02))
    explain(axes)
    known = summary[summary["neurons"] == everyone].to_dict("records")
    told = "; ".join(
        f"{row['seconds']:.2g} s: {row['mean']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" for row in known
    )
    among = f"{most}" if fewest == most else f"{fewest} to {most}"
    caption = (
        f"Share of cut-outs identified among {among}, by neurons and length; dotted: chance. Bands: 95 % intervals."
    )
    return Findings(
        [
            f"With {everyone} neurons the movie that was shown is the most likely of {among} for this share of the "
            f"cut-outs, by their length: {told}; chance is {1 / most:.2f}.",
            f"Up to {int(answers['questions'].max())} cut-outs of {len(laboratory.clips)} clips each, one showing of "
            "every clip; intervals: bootstrap over animals and clips.",
            "Candidates are cut-outs, at any time, of the movies on which the encoder was not trained, as they were "
            "shown and in their mirror images in space and time. The encoder's rates to them are those in an ordinary "
            "moment, so that behaviour tells nothing.",
        ],
        [Picture("identification", caption, figure, pd.DataFrame(summary))],
    )


IDENTIFY = Experiment(
    "identify",
    "Which movie was it?",
    "Can the movie that was shown be told from 99 others, with how many neurons, in how short a time?",
    lambda laboratory: [],
    conclude,
)
