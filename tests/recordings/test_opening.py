"""What was found in reading recordings is told once, whether they come from files or from Python."""

import numpy as np

from reverie.recordings.opening import say_notes
from reverie.recordings.recording import Recording


def test_what_was_found_is_told_once(capsys):
    times = np.arange(60) / 30
    recording = Recording.from_arrays(
        "mouse",
        (times, np.random.default_rng(0).gamma(0.3, 5, (60, 3))),
        movies={"a": np.random.default_rng(1).uniform(0, 255, (60, 4, 6))},
        shown={"onset": [0.0], "clip": ["a"]},
    )
    assert say_notes({"mouse": recording}) == {"mouse": recording}
    assert "taken to have run at 30 frames a second" in capsys.readouterr().err
    say_notes({"mouse": recording}, all_needed=True)
    assert capsys.readouterr().err == ""
