"""What another process does, made to be killed: trains the toy animals in a folder, telling of each validation."""

import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from tests.training.test_resume import RECORDINGS, SETTINGS, SPLITS, fresh

from reverie.training import loop
from reverie.training.state import RunState, save_state
from reverie.training.train import train


def train_until_killed(folder: Path, validations: int, told: Connection) -> None:
    """Train until the process is killed, in the midst of the last of so many validations."""
    torch.set_num_threads(1)
    steps: list[int] = []

    def save(run: RunState, *arguments: Any) -> None:
        steps.append(run.step)
        told.send(run.step)
        if len(steps) == validations:
            os.kill(os.getpid(), signal.SIGKILL)
        save_state(run, *arguments)

    loop.save_state = save
    train(fresh(), RECORDINGS, SPLITS, SETTINGS, folder, device=torch.device("cpu"))
