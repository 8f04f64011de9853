"""Answering `reverie plan`: from an encoder at hand, or from simulated animals measured beforehand."""

import math
from importlib.resources import files
from pathlib import Path
from typing import Final

import pandas as pd

from reverie.fitted.fitting import fit
from reverie.fitted.reconstructor import Reconstructor
from reverie.fitted.session import open_one
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_json
from reverie.foundation.progress import say
from reverie.planning.bands import Bands
from reverie.planning.design import Design, neurons_for, predict_design
from reverie.planning.measuring import measure_bands
from reverie.planning.page import write_plan
from reverie.recordings.reading import Reading

PARTS: Final = ("mask", "prior", "likelihood")


def stand_in() -> Bands:
    """Return what was measured of simulated neurons (by ``benchmarks.planning``), for experiments not made yet."""
    return Bands.from_json(read_json(Path(str(files("reverie.planning").joinpath("simulated.json")))))


def plan(
    design: Design,
    *,
    data: Path | None = None,
    encoder: Path | None = None,
    animal: str | None = None,
    resolution: float | None = None,
    out: Path | None = None,
    reading: Reading | None = None,
) -> pd.DataFrame:
    """Say what a design will show, and write the page where it is asked for.

    Parameters
    ----------
    design
        The experiment that could be made.
    data, encoder, animal, reading
        An encoder at hand and the recording of its animal, to reckon with these neurons instead of simulated ones.
    resolution
        Cycles per degree, to be told how many neurons they ask for.
    out
        The page (html) with sliders.

    Raises
    ------
    ReverieError
        When only one of data and encoder is given, or they do not belong together.
    """
    if (data is None) != (encoder is None):
        raise ReverieError(
            "To plan with an encoder at hand give both its recordings and its folder (--data, --encoder)."
        )
    bands = stand_in() if data is None or encoder is None else _of_encoder(data, encoder, animal, reading)
    outlook = predict_design(bands, design)
    rows = [
        ("video correlation", f"{outlook.video_correlation:.2f}"),
        ("resolution in space, cycles per degree", _worded(outlook.cycles_per_degree)),
        ("resolution in time, hertz", _worded(outlook.hertz)),
    ]
    if resolution is not None:
        needed = neurons_for(bands, design, resolution)
        told = "out of reach" if needed is None else f"{float(f'{needed:.2g}'):,.0f}"
        rows.append((f"neurons for {resolution:g} cycles per degree", told))
    if out is not None:
        write_plan(out, bands, design)
        say(f"The page with sliders is {out}.")
    return pd.DataFrame(rows, columns=["what", "value"])


def _of_encoder(data: Path, folder: Path, animal: str | None, reading: Reading | None) -> Bands:
    encoder, recording = open_one(data, folder, animal, choose_device("cpu"), reading)
    fitted = Reconstructor(encoder, recording, device="cpu").fits[0]
    fit(fitted, PARTS)
    return measure_bands(
        fitted, about=f"{recording.neurons} neurons of {recording.name} through the encoder {folder.name}"
    )


def _worded(limit: float) -> str:
    if math.isnan(limit):
        return "none"
    return "finer than movies hold" if math.isinf(limit) else f"{limit:.3g}"
