"""The page of a plan: sliders for the design, what it will show, and how many neurons a resolution asks for."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Final

from markupsafe import Markup

from reverie.foundation.files import write_text
from reverie.planning import design as formulas
from reverie.planning.bands import Bands
from reverie.planning.design import Design
from reverie.reporting.page import asset, page_environment

SLIDERS: Final[Mapping[str, tuple[str, float, float]]] = {
    "neurons": ("Neurons in the field, of each animal", 30, 100_000),
    "field": ("Diameter of the field, degrees", 10, 150),
    "noise": ("Noise, times what was measured", 0.1, 10),
    "scan_rate": ("Scans a second", 1, 100),
    "minutes": ("Minutes of movies to train with", 1, 300),
    "animals": ("Animals joined", 1, 30),
}
"""What each slider says, and its ends; all are logarithmic."""


def write_plan(path: Path, bands: Bands, design: Design) -> None:
    """Write the page, one file that asks the network for nothing, whole or not at all.

    It reckons as ``predict_design`` does, with the same numbers.
    """
    script = '"use strict";\n(() => {\n' + asset("plan.js") + "\n})();\n"
    constants = {name.lower(): getattr(formulas, name) for name in ("SLOW", "COARSE", "CURVED", "LEARNING_MINUTES")}
    page = (
        page_environment()
        .get_template("plan.html")
        .render(
            title="What an experiment will show",
            lead=f"Measured on {bands.about}. Move a slider; all else follows.",
            sliders=SLIDERS,
            design=asdict(design),
            told=json.dumps({**bands.to_json(), **constants}),
            style=Markup(asset("report.css")),
            script=Markup(script),
            script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        )
    )
    write_text(path, page)
