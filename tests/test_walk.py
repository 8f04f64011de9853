"""How one movie walks through the program: few calls, and none of them back up to a room above."""

import inspect
from pathlib import Path

import pytest
from tests.fixtures import see_everywhere
from tests.worlds import opened

import reverie as rv
from reverie.cli.verbs import parse
from reverie.encoders.linear_nonlinear import LinearNonlinear

PACKAGE = Path(rv.__file__).parent

ROOMS = ("foundation", "stimuli", "recordings", "scoring", "encoders", "training", "simulation", "inversion")
ROOMS = (*ROOMS, "reporting", "fitted", "jobs", "runs", "studies", "cli")
"""From the ground up."""

Walk = tuple[tuple[str, str], ...]
"""Room and function of each call, the first one first."""


@pytest.fixture
def walks(monkeypatch):
    """The calls that led to an encoder's ``forward``, every way there is once."""
    found: set[Walk] = set()
    original = LinearNonlinear.forward

    def forward(self, *arguments, **options):
        frame, calls = inspect.currentframe(), []
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if PACKAGE in path.parents and not frame.f_code.co_name.startswith("<"):
                calls.append((path.relative_to(PACKAGE).parts[0], frame.f_code.co_name))
            frame = frame.f_back
        found.add(tuple(reversed(calls)))
        return original(self, *arguments, **options)

    monkeypatch.setattr(LinearNonlinear, "forward", forward)
    return found


def steps_of(walks: set[Walk]) -> set[Walk]:
    """Return the ways that a step of a method takes."""
    return {walk for walk in walks if ("inversion", "solve") in walk and ("inversion", "step") in walk}


def calls_between(walk: Walk, first: str, last: str) -> int:
    names = [name for _, name in walk]
    return names.index(last) - names.index(first)


@pytest.mark.parametrize(("method", "to_forward"), [("paper", 14), ("map", 15)])
def test_from_the_command_line(tiny_world, tmp_path, walks, method, to_forward):
    see_everywhere(opened(tiny_world))
    words = ["reconstruct", str(tiny_world.data), str(tiny_world.encoder), "--out", str(tmp_path / "run")]
    words += ["--animal", "alpha", "--trials", "6", "--method", method, "--steps", "2"]
    parse([*words, *(["--no-calibrated", "--draws", "0"] if method == "map" else [])]).run()
    steps = steps_of(walks)
    assert steps
    for walk in steps:
        assert calls_between(walk, "run", "solve") <= 6
        assert len(walk) + 2 <= to_forward  # `main` and `perform` stand before the verb
        rooms = [ROOMS.index(room) for room, _ in walk]
        assert rooms == sorted(rooms, reverse=True)


def test_from_a_notebook(tiny_world, walks):
    see_everywhere(opened(tiny_world))
    recording = rv.open(tiny_world.data)["alpha"]
    reader = rv.Reconstructor(rv.load(tiny_world.encoder), recording, rv.Paper(steps=2))
    reader.reconstruct("6")
    steps = steps_of(walks)
    assert steps
    assert {calls_between(walk, "reconstruct", "solve") for walk in steps} <= {1, 2, 3}
