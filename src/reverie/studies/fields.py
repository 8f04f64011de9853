"""Where does each neuron look? Receptive fields in silico from single pixels."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from reverie.encoders.receptive_fields import ReceptiveFields, population_coverage
from reverie.inversion.mask import diameter_in_degrees
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.experiment_page import Beside
from reverie.studies.field_figures import coverage_figure, examples_figure
from reverie.studies.laboratory import Laboratory
from reverie.studies.probing import NEAR, describe_fields, measure_fields
from reverie.studies.published import MASK_DIAMETERS


def fields_of(laboratory: Laboratory) -> dict[str, ReceptiveFields]:
    """Return the receptive fields of every animal, measured once for all experiments."""
    kept, stride = laboratory.out / "fields" / "probed", laboratory.scale.probes
    return {name: measure_fields(laboratory.workers, kept, name, stride) for name in laboratory.materials.recordings}


def coverage_pictures(laboratory: Laboratory, fields: Mapping[str, ReceptiveFields]) -> list[Picture]:
    """Return a picture per animal: where its neurons look, with the outlines of its mask."""
    pictures = []
    for animal, found in fields.items():
        rows, columns = found.centres.T
        neurons = pd.DataFrame({"neuron": np.arange(len(rows)), "row": rows, "column": columns})
        figure = coverage_figure(population_coverage(found), found, laboratory.materials.masks[animal])
        words = f"{animal}: how many of the neurons with a field look at each place, with the mask's outlines."
        pictures.append(Picture(f"coverage-{animal}", words, figure, neurons))
    return pictures


def conclude(laboratory: Laboratory) -> Findings:
    """Compare the fields of every animal with its mask, and with the truth where it is known."""
    materials, fields = laboratory.materials, fields_of(laboratory)
    table = describe_fields(materials, fields)
    first, found = next(iter(fields.items()))
    words = f"Fields of neurons of {first}, each in its own scale; the cross is the centre."
    return Findings(
        _sentences(laboratory, table.mean(numeric_only=True)),
        [*coverage_pictures(laboratory, fields), Picture("examples", words, examples_figure(found), table)],
        [
            Beside(
                f"diameter of the mask at α ≥ {level:g}",
                f"{np.mean([diameter_in_degrees(mask, level) for mask in materials.masks.values()]):.0f}°",
                f"{theirs:.0f}°",
            )
            for level, theirs in MASK_DIAMETERS.items()
        ]
        + [
            Beside(f"neurons with a field, {animal}", f"{100 * found.share_found:.0f} %", "–")
            for animal, found in fields.items()
        ],
    )


def _sentences(laboratory: Laboratory, mean: pd.Series) -> list[str]:
    stride = laboratory.scale.probes
    truth = (
        f"Centres lie {mean['true_distance']:.1f} pixels (median) from the true ones of these simulated animals, "
        f"{100 * mean['true_near']:.0f} % of them within {NEAR:g}."
    )
    return [
        f"{100 * mean['share_found']:.0f} % of the neurons answer to a single pixel; {100 * mean['in_mask']:.0f} % of "
        f"their centres lie inside the mask (α ≥ 0.5), {100 * mean['in_core']:.0f} % inside the evaluation mask "
        f"(α ≥ 1). Coverage and mask correlate at {mean['coverage_and_mask']:.2f} over pixels.",
        *([truth] if np.isfinite(mean["true_distance"]) else []),
        f"Rates were averaged over all encoders (here {len(laboratory.encoders)}) before anything else, where the "
        f"released script kept the last one. One pixel in {stride} × {stride} was tried.",
    ]


FIELDS = Experiment(
    "fields",
    "Receptive fields in silico",
    "Where does each neuron look, and does the population cover what the mask says it sees?",
    lambda laboratory: [],
    conclude,
)
