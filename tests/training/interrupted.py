"""Run as a program: trains the toy animals in a folder, telling of each validation; made to be killed."""

import sys
from pathlib import Path

import torch
from tests.training.test_resume import RECORDINGS, SETTINGS, SPLITS, fresh

from reverie.training.loop import TrainingProgress
from reverie.training.train import train


def tell(progress: TrainingProgress) -> None:
    print("validated", progress.step, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(fresh(), RECORDINGS, SPLITS, SETTINGS, Path(sys.argv[1]), device=torch.device("cpu"), observe=tell)
