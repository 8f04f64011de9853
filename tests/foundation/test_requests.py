import inspect
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from reverie.foundation.errors import BadInput, ReverieError
from reverie.foundation.requests import (
    AT_LEAST_1,
    Range,
    convert_fields,
    given_path,
    require_possible,
    require_seed,
    with_options,
)
from reverie.inversion.methods.map import Map
from reverie.simulation.request import SimulationRequest
from reverie.training.request import TrainingRequest


def test_a_seed_that_no_generator_takes_is_refused_where_it_is_asked_for():
    assert require_seed(0) == 0
    require_seed(2**63 - 1)
    assert type(inspect.unwrap(require_seed)(np.int64(3))) is int
    for seed in (-1, 2**63):
        for make in (SimulationRequest, TrainingRequest):
            with pytest.raises(BadInput, match="from 0 to"):
                make(seed=seed)


def test_an_option_that_there_is_not_is_told_with_those_there_are():
    assert with_options(TrainingRequest(steps=3), {"minutes": 2.0}, "A training") == TrainingRequest(
        steps=3, minutes=2.0
    )
    with pytest.raises(ReverieError, match=r"^A training has the options architecture, .*, but was given stepps\.$"):
        with_options(TrainingRequest(), {"stepps": 3}, "A training")


class OfBytes:
    """A path that is not text."""

    def __fspath__(self):
        return b"folder"


@pytest.mark.parametrize("given", ["", 3, None, b"folder", ["a"], "a" * 5000, "a\0b", OfBytes()])
def test_values_that_are_no_path_are_refused(given):
    with pytest.raises(BadInput, match=r"^A recording (is named by the path of one|cannot be named)"):
        given_path(given, "A recording")


@dataclass(frozen=True)
class Settings:
    steps: int = 1
    offset_seed: int = 0
    weight: float | None = 1.0
    size: tuple[int, int] | None = None
    names: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    table: Path | None = None
    kind: Literal["a", "b"] = "a"
    on: bool = True
    mask: np.ndarray | None = None

    def __post_init__(self) -> None:
        convert_fields(self)


def made(**given: Any) -> Settings:
    return Settings(**given)


def test_unambiguous_values_are_converted() -> None:
    assert made(offset_seed=10**9).offset_seed == 10**9
    found = made(steps=np.int64(3), weight=2, size=[6, 8], names="trial:3", files=["a", Path("b")], table="t.csv")
    assert found == Settings(3, 0, 2.0, (6, 8), ("trial:3",), (Path("a"), Path("b")), Path("t.csv"))
    assert type(found.weight) is float
    mask = np.ones(3)
    assert made(mask=mask).mask is mask


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": 1.5}, "steps is 1.5 but must be a whole number"),
        ({"steps": True}, "steps is True but must be a whole number"),
        ({"weight": "30"}, "weight is '30' but must be a number or None"),
        ({"size": 36}, "size is 36 but must be 2 values, each a whole number or None"),
        ({"size": (6.5, 8)}, "each a whole number"),
        ({"size": (1, 2, 3)}, "must be 2 values"),
        ({"names": [1]}, "must be a list, each a word"),
        ({"table": 3}, "table is 3 but must be a path or None"),
        ({"kind": "c"}, "kind is 'c' but must be one of a, b"),
        ({"on": "yes"}, "on is 'yes' but must be True or False"),
        ({"steps": 10**9}, "steps is 1000000000 but must be 1000000 or less"),
    ],
)
def test_impossible_values_are_refused_in_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        made(**given)


def test_numbers_that_are_not_possible_are_refused() -> None:
    for minutes in (float("nan"), -5.0, 0.0):
        with pytest.raises(BadInput, match=r"minutes is .* but must be (finite and )?above 0"):
            TrainingRequest(minutes=minutes)
    with pytest.raises(BadInput, match="seed is -1"):
        Map(seed=-1)


def test_a_wave_stands_for_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert given_path("~/data", "A recording") == tmp_path / "data"
    (tmp_path / "~odd").mkdir()
    assert given_path("~odd", "A recording") == Path("~odd")


@dataclass(frozen=True)
class Bounded:
    steps: int = 1
    rate: float | None = 1.0
    kind: str = "a"
    longest: float = math.inf

    def __post_init__(self) -> None:
        long = Range(0, above=True, infinite=True)
        require_possible(self, steps=AT_LEAST_1, rate=Range(0, 1), kind=("a", "b"), longest=long)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": None}, "steps is None but must be at least 1."),
        ({"steps": "5"}, "steps is '5' but must be at least 1."),
        ({"steps": np.int64(0)}, "steps is np.int64(0) but must be at least 1."),
        ({"rate": math.nan}, "rate is nan but must be finite and 0 to 1."),
        ({"rate": np.float32(math.inf)}, "rate is np.float32(inf) but must be finite and 0 to 1."),
        ({"rate": -(10**400)}, f"rate is {-(10**400)} but must be 0 to 1."),
        ({"longest": math.nan}, "longest is nan but must be above 0."),
        ({"kind": None}, "kind is None but must be one of a, b."),
    ],
)
def test_a_value_that_is_not_possible_is_told_whatever_it_is(given, sentence):
    with pytest.raises(BadInput) as told:
        Bounded(**given)
    assert str(told.value) == sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [("rate", None), ("rate", np.float32(0.5)), ("steps", np.int64(3)), ("steps", 10**400), ("kind", "b")],
)
def test_possible_values_are_kept_whatever_the_type_of_their_numbers(name, value):
    assert getattr(Bounded(**{name: value}), name) == value
