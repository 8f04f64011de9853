"""Short versions of what breaks inputs at random and stops commands at random moments; their parts one by one."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.breaking_bytes import BYTES
from benchmarks.breaking_contents import damages_of
from benchmarks.commands import Outcome, complaint
from benchmarks.torture import contents

ROOT = Path(__file__).parents[2]


SHORT = """
import sys
from pathlib import Path
import torch
from benchmarks.fuzz import fuzz, totals
from benchmarks.torture import QUICK, torture
torch.set_num_threads(1)
folder = Path(sys.argv[1])
print(totals(fuzz(folder, [f"7/{number}" for number in range(4)], quick=True)))
print("stopped, wrong:", torture(folder, 1, 7, QUICK, quick=True).total())
"""
"""Both in one process, with one world, since to load everything takes longest."""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="commands are run in copies of the process")
def test_commands_survive_random_damage_and_kills(tmp_path):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    words = [sys.executable, "-W", "ignore", "-c", SHORT, str(tmp_path)]
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "4 cases: " in ended.stdout
    assert "; 0 went wrong" in ended.stdout, ended.stdout
    assert ended.stdout.splitlines()[-1] == "stopped, wrong: 0", ended.stdout


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(0, "All scores are in run/scores.csv.", "", 1.0), ""),
        (Outcome(1, "Fitting.\nreverie: a.npy is empty (0 bytes); copy it again.", "", 1.0), ""),
        (Outcome(1, "reverie: one.\nreverie: two.", "", 1.0), "2 sentences"),
        (Outcome(1, "reverie: one.\nand a second line", "", 1.0), "1 sentences"),
        (Outcome(1, "", "", 1.0), "0 sentences"),
        (Outcome(0, "reverie: one.", "", 1.0), "a sentence of failure, and success"),
        (Outcome(0, "a.py:3: RuntimeWarning: overflow", "", 1.0), "a library's warning"),
        (Outcome(-11, "", "", 1.0), "ended by -11"),
        (Outcome(-9, "", "", 60.0, hung=True), "hung"),
        (Outcome(1, "reverie: Something went wrong that was not foreseen (KeyError: 'x')", "", 1.0), "not foreseen"),
    ],
)
def test_outcomes_of_commands_are_judged(outcome, expected):
    assert complaint(outcome) == expected


def test_every_way_of_breaking_a_file_breaks_it(tmp_path):
    for damage in BYTES:
        folder = tmp_path / damage.name / "in"
        folder.mkdir(parents=True)
        np.save(folder / "a.npy", np.arange(100.0))
        (folder / "b.csv").write_text("x,y\n1,2\n")
        before = contents(folder)
        damage.do(folder / "a.npy", random.Random(3))
        assert contents(folder) != before, damage.name
    assert {damage.name for damage in damages_of(Path("a.npy"))} >= {"array", "header", "truncate"}
