"""Ways to spoil the small world's files, each a function of the world."""

import io
import json
import shutil
from collections.abc import Callable
from typing import Any

import numpy as np

Break = Callable[[Any], None]


def rewrite(part: str, change: Callable[[np.ndarray], np.ndarray]) -> Break:
    """Change one array of animal alpha."""

    def spoil(world: Any) -> None:
        path = world.data / "alpha" / part
        np.save(path, change(np.load(path)), allow_pickle=True)

    return spoil


def remove(part: str) -> Break:
    def spoil(world: Any) -> None:
        path = world.data.parent / part
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def overwrite(part: str, content: bytes) -> Break:
    def spoil(world: Any) -> None:
        path = world.data.parent / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return spoil


def truncate(part: str) -> Break:
    def spoil(world: Any) -> None:
        path = world.data.parent / part
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return spoil


def put(value: float, *place: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[place] = value
        return array

    return change


def mask_file(mask: np.ndarray) -> Break:
    def spoil(world: Any) -> None:
        buffer = io.BytesIO()
        np.savez(buffer, mask=mask)
        (world.data.parent / "mask.npz").write_bytes(buffer.getvalue())

    return spoil


def edit_encoder(change: Callable[[dict[str, Any]], None]) -> Break:
    def spoil(world: Any) -> None:
        path = world.encoder / "encoder.json"
        content = json.loads(path.read_text())
        del content["checksum"]  # as somebody who edits it is told to
        change(content)
        path.write_text(json.dumps(content))

    return spoil


def rename_mice(content: dict[str, Any]) -> None:
    content["mice"] = {"gamma": 20, "delta": 15}


def more_neurons(content: dict[str, Any]) -> None:
    content["mice"]["alpha"] = 21


def all_of(*breaks: Break) -> Break:
    def spoil(world: Any) -> None:
        for one in breaks:
            one(world)

    return spoil


def empty_data(world: Any) -> None:
    shutil.rmtree(world.data)
    world.data.mkdir()


def nothing(world: Any) -> None:
    """Break nothing: the command itself is at fault."""


def add_unfit_run(world: Any) -> None:
    run = world.data.parent / "run"
    run.mkdir()
    (run / "run.json").write_text(json.dumps({"settings": {"method": "paper", "steps": 7}, "seed": 0}))
