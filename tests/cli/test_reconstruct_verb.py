"""Options of methods come from their dataclasses: all of them, each once, and none for another method."""

from dataclasses import fields
from typing import get_type_hints

import pytest

from reverie.cli.reconstruct_verb import chosen_method, field_docs, method_options
from reverie.cli.verbs import parse
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.registry import ARRAYS, DEFAULT, METHODS
from reverie.inversion.methods.ridge import Ridge

COMMAND = ("reconstruct", "DATA", "ENCODER", "--trials", "1", "--out", "RUN")


def method_of(*words, seed=0):
    verb = parse([*COMMAND, *words])
    return chosen_method(verb.method, seed)


def test_the_default_is_the_one_of_python():
    assert method_of() == DEFAULT()


@pytest.mark.parametrize(
    ("name", "expected"), [("combined", Combined()), ("map", Map()), ("paper", Paper()), ("ridge", Ridge())]
)
def test_a_method_alone_has_its_own_defaults(name, expected):
    assert method_of("--method", name) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "--method map --steps 7 --weight 0.5 --likelihood events --no-calibrated",
            Map(steps=7, weight=0.5, likelihood="events", calibrated=False),
        ),
        ("--no-calibrated --no-find-cuts --blur 1.5", Combined(calibrated=False, find_cuts=False, blur=1.5)),
        ("--method paper --steps 7 --no-padding-grey", Paper(steps=7, padding_grey=False)),
        ("--method paper --stride 32 --random-offsets --batch 3", Paper(stride=32, random_offsets=True, batch=3)),
        ("--method combined --map-share 0.25 --follow 0", Combined(map_share=0.25, follow=0)),
        ("--method ridge --blur 2", Ridge(blur=2.0)),
    ],
)
def test_options_are_the_settings_of_the_method(words, expected):
    assert method_of(*words.split()) == expected


def test_one_seed_is_for_all_that_is_random():
    assert method_of(seed=5) == DEFAULT(seed=5)
    assert method_of("--method", "map", seed=5) == Map(seed=5)
    assert method_of("--method", "paper", seed=5) == Paper()
    with pytest.raises(SystemExit):
        parse([*COMMAND, "--method.seed", "5"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--stride 4", "method `combined` has no setting `stride`; it belongs to `paper`"),
        ("--no-padding-grey", "method `combined` has no setting `padding_grey`; it belongs to `paper`"),
        ("--method paper --weight 2", "method `paper` has no setting `weight`; it belongs to `map`"),
        (
            "--method paper --no-calibrated",
            "method `paper` has no setting `calibrated`; it belongs to `combined`, `map`",
        ),
        ("--method ridge --steps 3", "method `ridge` has no setting `steps`; it belongs to `map`, `paper`"),
        ("--method map --steps 0", "steps is 0 but must be at least 1"),
    ],
)
def test_an_option_of_another_method_is_refused(words, sentence):
    with pytest.raises(ReverieError, match=sentence):
        method_of(*words.split())


@pytest.mark.parametrize("name", METHODS)
def test_every_setting_of_every_method_is_an_option_and_documented(name):
    options = {one.name for one in fields(method_options())}
    expected = {one.name for one in fields(METHODS[name])} - {*ARRAYS, "seed"}
    assert expected <= options
    texts = field_docs(METHODS[name])
    assert all(texts[one] for one in expected)
    given = get_type_hints(METHODS[name])
    assert expected <= set(given)


def test_there_are_no_options_that_no_method_has():
    options = {one.name for one in fields(method_options())} - {"method"}
    assert options == {one.name for kind in METHODS.values() for one in fields(kind)} - {*ARRAYS, "seed"}


def test_the_help_says_what_each_option_is_and_whose(capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(["reconstruct", "--help"])
    assert stopped.value.code == 0
    told = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name in ("--weight", "--padding-grey", "--map-share", "--shuffle-control", "--jobs", "--no-calibrated"):
        assert name in told
    assert "[map]" in told
    assert "Weight of the prior over movies" in told
    assert "--seed" in told
    assert "--method.seed" not in told
