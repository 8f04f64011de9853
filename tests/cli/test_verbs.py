import pytest

from reverie import __version__
from reverie.cli.main import main
from reverie.cli.verbs import VERBS, Verb, overview, parse
from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading, with_absolute_paths


def test_the_overview_names_every_verb_with_what_it_does(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    told = capsys.readouterr().out
    assert told.strip() == overview()
    for verb in VERBS:
        (row,) = (line for line in told.splitlines() if line.startswith(f"  {verb} "))
        assert len(row.split(maxsplit=1)[1]) > 10


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_of_its_own(verb, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse([verb, "--help"])
    assert stopped.value.code == 0
    assert f"reverie {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["-V", "--version"])
def test_the_version_is_told(word, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([word])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.strip() == f"reverie {__version__}"


@pytest.mark.parametrize("words", [[], ["mask"], ["reconstrukt", "--help"]])
def test_anything_else_is_wrong_usage(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    told = capsys.readouterr()
    if words:
        assert f"there is no verb '{words[0]}'; choose one of simulate" in told.err


@pytest.mark.parametrize(
    "words",
    [
        ["inspect", "DATA"],
        ["simulate", "--out", "DATA"],
        ["train", "DATA", "--out", "ENCODER"],
        ["fit", "DATA", "ENCODER"],
        ["reconstruct", "DATA", "ENCODER", "--trials", "1", "--out", "RUN"],
        ["report", "RUN"],
        ["export", "RUN", "--to", "nwb"],
        ["convert", "DATA", "--to", "experanto", "--out", "OUT"],
    ],
)
def test_words_become_a_verb_with_its_options(words):
    verb = parse(words)
    assert isinstance(verb, Verb)
    assert type(verb).__name__.lower() == words[0]


def test_parts_to_fit_are_named():
    assert parse(["fit", "DATA", "A", "B", "--parts", "ridge", "mask"]).parts == ("ridge", "mask")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["inspect", ""], "Nothing was given with inspect"),
        (["convert", "DATA", "--to", "experanto", "--out", ""], "Nothing was given with --out"),
        (["fit", "DATA", "E", "--kept="], "Nothing was given with --kept=; is a shell variable unset"),
    ],
)
def test_a_variable_that_was_not_set_is_not_the_working_directory(words, told):
    with pytest.raises(ReverieError, match=told):
        parse(words)


def test_a_seed_that_no_generator_takes_is_told_before_the_demo(tmp_path):
    with pytest.raises(ReverieError, match="seed is -1"):
        parse(["demo", "--out", str(tmp_path / "demo"), "--seed=-1"]).run()
    assert not (tmp_path / "demo").exists()


def test_orders_of_axes_are_words_that_commas_part(capsys):
    with pytest.raises(SystemExit):
        parse(["inspect", "--help"])
    assert "{auto,height-width-time,time-height-width," in capsys.readouterr().out
    assert parse(["inspect", "DATA", "--movie-axes", "time-width-height"]).reading.axes == "time,width,height"


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["--trial-seconds", "10"], {"trial_seconds"}),
        (["--frame_rate=None", "--leave-out"], {"frame_rate", "leave_out"}),
        ([], set()),
    ],
)
def test_options_count_as_given_even_as_their_defaults(words, options):
    reading = parse(["fit", "DATA", "ENCODER", *words]).subjects.reading
    assert reading == Reading()
    assert reading.stated == options
    assert with_absolute_paths(reading).stated == options  # as other processes are told


def test_stated_options_are_no_option_of_the_command_line():
    with pytest.raises(SystemExit):
        parse(["inspect", "DATA", "--stated", "rate"])
