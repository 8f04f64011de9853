"""Movies in an NWB file of no known layout that do not say when they were shown."""

import numpy as np
import pytest
from pynwb.image import ImageSeries
from tests.recordings.readers import layouts, nwb_layouts
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.findings import render
from reverie.recordings.reading import Reading
from reverie.recordings.survey import survey

TEMPLATE = "/stimulus/templates/stimuli"


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


@pytest.fixture
def place(tmp_path, session):
    file = nwb_layouts.new_nwb()
    for neuron in range(7):
        file.add_unit(spike_times=np.arange(0.01 * neuron, session.seconds, 0.1))
    movie = ImageSeries(name="stimuli", data=session.movie, unit="n.a.", format="raw", rate=30.0, starting_time=0.0)
    file.add_stimulus_template(movie)
    return nwb_layouts.save(tmp_path / "mine.nwb", file)


def test_a_template_is_never_taken_to_have_been_shown_as_it_lies(place):
    assert "30 Hz, a template: --frames-table says when it was shown" in render(survey(place))
    with pytest.raises(ReverieError, match=r"does not say when it was shown; give --frames-table .* clip is stimuli"):
        open_recording(place, Reading(responses="/units", movie=(TEMPLATE,)))


def test_a_table_says_when_a_template_was_shown(place, session, tmp_path):
    rows = [f"{time:.9f},stimuli,{frame}" for frame, time in enumerate(session.frame_times)]
    (tmp_path / "shown.csv").write_text("\n".join(["time,clip,frame", *rows]))
    reading = Reading(responses="/units", movie=(TEMPLATE,), frames_table=tmp_path / "shown.csv")
    recording = open_recording(place, reading)
    assert recording.response_kind == "counts"
    assert [recording[name].start for name in recording.tiers] == pytest.approx(session.onsets)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())
