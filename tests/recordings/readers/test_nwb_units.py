"""Sorted units in NWB files: their spikes, when they were observed, and times that are invalid."""

import h5py
import numpy as np
import pytest
from tests.recordings.readers import layouts, nwb_layouts
from tests.recordings.readers.nwb_layouts import SHOWN, free, spoil
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading

pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(4)])


def test_units_whose_spikes_are_in_no_order_are_counted_alike(session, tmp_path):
    trains = np.random.default_rng(0).uniform(0, session.seconds, (6, 80))
    counts = []
    for order in (np.sort, np.asarray):
        file = free(session, data=session.movie, format="raw")
        for train in trains:
            file.add_unit(spike_times=order(train))
        place = nwb_layouts.save(tmp_path / f"{order.__name__}.nwb", file)
        recording = open_recording(place, Reading(responses="/units", movie=(SHOWN,)))
        counts.append([recording.responses(name) for name in recording.tiers])
    np.testing.assert_array_equal(counts[0], counts[1])
    cut = tmp_path / "cut.nwb"
    cut.write_bytes(place.read_bytes())
    with h5py.File(cut, "a") as written:
        spoil(written["units"], "spike_times", trains.ravel()[:50])
    with pytest.raises(ReverieError, match="/units has no column 'spike_times' that fits"):
        open_recording(cut, Reading(responses="/units", movie=(SHOWN,)))


def test_spikes_at_times_that_are_no_seconds_are_told(session, tmp_path):
    """In milliseconds, hardly any lie in a movie, as if the units had been almost silent."""
    file = free(session, data=session.movie, format="raw")
    for unit in range(5):
        file.add_unit(spike_times=1000 * np.arange(0.01 * unit, session.seconds, 0.1))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    with pytest.raises(ReverieError, match=r"holds responses from .* to .* s, but what was shown .*; give both in sec"):
        open_recording(place, Reading(responses="/units", movie=(SHOWN,)))


def observed_units(path, session, intervals):
    """Units that fire ten times a second in the intervals in which they were observed, and the intervals of each."""
    file = free(session, data=session.movie, format="raw")
    for unit, own in enumerate(intervals):
        ticks = np.arange(0.01 * unit, session.seconds, 0.1)
        inside = np.any([(ticks >= begin) & (ticks < end) for begin, end in own], axis=0)
        file.add_unit(spike_times=ticks[inside], obs_intervals=own)
    return nwb_layouts.save(path, file)


def test_a_unit_that_was_not_observed_did_not_fall_silent(session, tmp_path):
    """Trials are from 2, 4.33, 6.67 and 9 s on, 1.33 s each; counts of 0 would say that the unit was silent."""
    always, twice = [[0.0, 5.0], [5.0, session.seconds]], [[0.0, 4.0]]
    place = observed_units(tmp_path / "mine.nwb", session, [always] * 5 + [twice] * 2)
    recording = open_recording(place, Reading(responses="/units", movie=(SHOWN,)))
    assert recording.rows.tolist() == [0, 1, 2, 3, 4]
    assert len(recording.tiers) == len(session.trials)
    assert all(recording.responses(name).sum(axis=1).min() > 0 for name in recording.tiers)


def test_units_lost_in_one_trial_each_do_not_cost_all_trials(session, tmp_path):
    """Trials are from 2, 4.33, 6.67 and 9 s on; the last unit was lost in most of them."""
    each = [[[0.0, begin + 0.3], [begin + 1.0, session.seconds]] for begin in (2.0, 4.33, 6.67)]
    place = observed_units(tmp_path / "mine.nwb", session, [*each, [[0.0, session.seconds]], [[0.0, 3.0]]])
    recording = open_recording(place, Reading(responses="/units", movie=(SHOWN,)))
    assert [*recording.tiers] == ["0", "1", "2", "3"]
    assert recording.rows.tolist() == [0, 1, 2, 3]
    assert recording.responses("1")[1, 10:29].max() == 0
    assert any("In 3 of 4 trials, some of the units of /units were not observed" in note for note in recording.notes)


def test_intervals_that_hold_few_of_the_spikes_are_of_something_else(session, tmp_path, capsys):
    place = observed_units(tmp_path / "mine.nwb", session, [[[0.0, session.seconds]]] * 7)
    with h5py.File(place, "a") as file:
        file["units/obs_intervals"][:, 1] = 0.5
    recording = open_recording(place, Reading(responses="/units", movie=(SHOWN,)))
    assert recording.neurons == 7
    assert "many spikes lie outside their units' obs_intervals, which are not used" in capsys.readouterr().err


def test_trials_in_times_that_the_file_calls_invalid_are_left_out(session, tmp_path, capsys):
    file = free(session, data=session.movie, format="raw")
    file.add_invalid_time_interval(start_time=5.0, stop_time=5.2)
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = Reading(responses="/acquisition/cells", movie=(SHOWN,))
    recording = open_recording(place, chosen)
    assert [*recording.tiers] == ["0", "2", "3"]
    assert recording.left_out["1"].endswith("says that what it holds from 5 to 5.2 s is invalid.")
    copy = tmp_path / "copy.nwb"
    copy.write_bytes(place.read_bytes())
    with h5py.File(copy, "a") as written:
        del written["intervals/invalid_times/stop_time"]
    assert [*open_recording(copy, chosen).tiers] == ["0", "1", "2", "3"]
    assert "invalid_times is not used" in capsys.readouterr().err


def test_invalid_times_of_a_single_probe_are_used(session, tmp_path, capsys):
    """As Allen's files tag them, where responses are those of other probes."""
    file = free(session, data=session.movie, format="raw")
    device = file.create_device("probe")
    for name in ("probeA", "probeB"):
        file.create_electrode_group(name=name, description="a probe", location="VISp", device=device)
    file.add_invalid_time_interval(start_time=0.0, stop_time=1000.0, tags=["EcephysProbe", "729445654", "probeB"])
    file.add_invalid_time_interval(start_time=5.0, stop_time=5.2, tags=["stimulus"])
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    recording = open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))
    assert [*recording.tiers] == ["0", "2", "3"]
    assert "invalid_times: 1 interval of single probes not used." in capsys.readouterr().err
