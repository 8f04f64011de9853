"""Reconstruct the movie an animal saw from the activity of its visual cortex.

>>> import reverie as rv  # doctest: +SKIP
>>> lab = rv.open("DATA")  # doctest: +SKIP
>>> encoder = rv.train(lab, out="ENCODER")  # doctest: +SKIP
>>> reader = rv.Reconstructor(encoder, lab["mouse1"]).fit()  # doctest: +SKIP
>>> movie = reader.reconstruct(lab["mouse1"]["3"])  # doctest: +SKIP
>>> movie.show()  # doctest: +SKIP

Every name is imported when it is first used, so that ``import reverie`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reverie.encoders.checkpoints import load_encoder as load
    from reverie.encoders.contract import Encoder
    from reverie.encoders.importing import import_weights
    from reverie.fitted.pages import report
    from reverie.fitted.reconstruction import Reconstruction
    from reverie.fitted.reconstructor import Reconstructor
    from reverie.inversion.methods.combined import Combined
    from reverie.inversion.methods.map import Map
    from reverie.inversion.methods.paper import Paper
    from reverie.inversion.methods.ridge import Ridge
    from reverie.inversion.problem import Problem
    from reverie.inversion.solve import solve
    from reverie.live.live import Live
    from reverie.recordings.opening import open_animals as open  # noqa: A004 - read as rv.open
    from reverie.recordings.recording import Recording
    from reverie.scoring.scores import score
    from reverie.simulation.folder import simulate_animals as simulate
    from reverie.training.folder import train_encoder as train

__version__ = "0.1.0"

NAMES = {
    "open": "reverie.recordings.opening:open_animals",
    "Recording": "reverie.recordings.recording:Recording",
    "simulate": "reverie.simulation.folder:simulate_animals",
    "train": "reverie.training.folder:train_encoder",
    "load": "reverie.encoders.checkpoints:load_encoder",
    "import_weights": "reverie.encoders.importing:import_weights",
    "Encoder": "reverie.encoders.contract:Encoder",
    "Reconstructor": "reverie.fitted.reconstructor:Reconstructor",
    "Reconstruction": "reverie.fitted.reconstruction:Reconstruction",
    "Live": "reverie.live.live:Live",
    "score": "reverie.scoring.scores:score",
    "report": "reverie.fitted.pages:report",
    "Combined": "reverie.inversion.methods.combined:Combined",
    "Paper": "reverie.inversion.methods.paper:Paper",
    "Map": "reverie.inversion.methods.map:Map",
    "Ridge": "reverie.inversion.methods.ridge:Ridge",
    "Problem": "reverie.inversion.problem:Problem",
    "solve": "reverie.inversion.solve:solve",
}
"""What ``import reverie`` offers, and where each name comes from."""

__all__ = [
    "Combined",
    "Encoder",
    "Live",
    "Map",
    "Paper",
    "Problem",
    "Reconstruction",
    "Reconstructor",
    "Recording",
    "Ridge",
    "import_weights",
    "load",
    "open",
    "report",
    "score",
    "simulate",
    "solve",
    "train",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names
    if name not in NAMES:
        raise AttributeError(f"module 'reverie' has no attribute {name!r}; it offers {', '.join(NAMES)}.")
    module, original = NAMES[name].split(":")
    found = getattr(import_module(module), original)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*NAMES, "__version__"])
