"""What tests do with the small worlds of ``fixtures``: open them, and change something in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.fitted.fitted import Fitted
from reverie.fitted.session import Session, Sources, open_session
from reverie.recordings.readers.registry import open_recordings
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording
from reverie.stimuli.naturalistic import SceneSettings, naturalistic_movie

# Scenes with much contrast and in much light: on so few and so short clips, dark ones would say next to nothing.
BRIGHT_SCENES = SceneSettings(
    shot_seconds=(1.2, 1.6),
    leaf_pixels=(8.0, 32.0),
    camera_speed=(0.5, 8.0),
    slope=(1.0, 1.5),
    brightness=97.0,
    brightness_spread=0.2,
    contrast=(0.45, 0.65),
    light=0.0,
)


def bright_movies(
    tiers: Mapping[str, int], frames: int, frame_size: tuple[int, int], seed: int
) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Draw so many movies of each tier, each with a name, of scenes that little is enough to see something of."""
    generator = np.random.default_rng(seed)

    def draw() -> np.ndarray:
        return naturalistic_movie(frames, generator, frame_size=frame_size, settings=BRIGHT_SCENES)

    return {tier: [(f"{tier} {number}", draw()) for number in range(count)] for tier, count in tiers.items()}


def open_recording(path: Path | str, reading: Reading | None = None) -> Recording:
    """Open the one recording there is at a path."""
    (recording,) = open_recordings(path, reading).values()
    return recording


def opened(world: Any, animals: tuple[str, ...] = ("alpha",), **options: Any) -> Session:
    """Open a world anew, as another process would."""
    return open_session(Sources(world.data, (world.encoder,), animals=animals, device="cpu", **options))


def fitted_to(world: Any, animal: str = "alpha", **options: Any) -> Fitted:
    """Return what was fitted to one animal, opened anew."""
    return opened(world, **options).fitted(animal, world.encoder)


def scale_responses(world: Any, trial: str, factor: float = 1.5, animal: str = "alpha") -> None:
    """Change what an animal answered to one trial."""
    path = world.data / animal / "data/responses" / f"{trial}.npy"
    np.save(path, factor * np.load(path))


def show_again(world: Any, animal: str, trial: str, like: str) -> None:
    """Let a trial show the movie of another."""
    videos = world.data / animal / "data/videos"
    (videos / f"{trial}.npy").write_bytes((videos / f"{like}.npy").read_bytes())


def spoil_movie(world: Any, animal: str, trial: str) -> None:
    """Let a frame in the middle of a trial's movie be NaN, which only the reading of the whole movie shows."""
    path = world.data / animal / "data/videos" / f"{trial}.npy"
    movie = np.load(path)
    movie[:, :, 20] = np.nan
    np.save(path, movie)


def replace_encoder(world: Any) -> None:
    """Save other weights over those of the world's encoder; all else that lies in its folder stays."""
    encoder = load_encoder(world.encoder)
    with torch.no_grad():
        for weight in encoder.parameters():
            weight.mul_(1.25)
    save_encoder(encoder, world.encoder, about=encoder.about)


def learn_from_events(world: Any) -> None:
    """Say of the encoder that it learned from events."""
    about = {"training_settings": {"learn_from": "events"}}
    save_encoder(load_encoder(world.encoder), world.encoder, about=about)


def describe_training(world: Any, training: list[str], validation: list[str], animal: str = "alpha") -> None:
    """Say of the encoder on which trials it was trained and validated."""
    about = {"training_trials": {animal: training}, "validation_trials": {animal: validation}}
    save_encoder(load_encoder(world.encoder), world.encoder, about=about)


def files_in(folder: Path) -> dict[str, int]:
    """Return all files below a folder with the time they were last written."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def looking(frames: int, x: float = 140.0, y: float = 140.0, *, batch: int = 1) -> torch.Tensor:
    """The state (batch, 4, time) of an animal that stands and looks one way."""
    return torch.tensor([50.0, 0.0, x, y])[None, :, None].expand(batch, 4, frames)
