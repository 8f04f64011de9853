"""Spikes come in any order, but on one clock."""

import numpy as np
import pytest
from tests.recordings.readers import layouts
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading
from reverie.recordings.signals import SpikeTrains

DICE = np.random.default_rng(0)
ONSETS = np.arange(0.0, 600.0, 1.0)


def block(seconds: float = 300.0) -> np.ndarray:
    """The spikes of a unit in one recording."""
    return np.sort(DICE.uniform(0, seconds, 200))


@pytest.mark.parametrize("blocks", [2, 4])
def test_recordings_with_a_clock_each_in_a_row_are_refused(blocks):
    trains = [np.concatenate([block() for _ in range(blocks)]) for _ in range(6)]
    with pytest.raises(ReverieError, match=r"hold times that start over in most units \(in unit \d after .* s\)"):
        SpikeTrains("spikes", [*trains, np.array([3.0]), block()])


@pytest.mark.parametrize(
    "trains",
    [
        [block() for _ in range(6)],
        [DICE.permutation(block()) for _ in range(6)],  # kept in no order
        [block()[::-1] for _ in range(6)],
        [np.concatenate([block(), block()]), *(block() for _ in range(6))],  # one unit was merged of two
        [np.concatenate([block(), 300.0 + block()]) for _ in range(6)],  # times that go on
    ],
)
def test_spikes_in_any_other_order_are_counted(trains):
    counts = SpikeTrains("spikes", trains).in_frames(ONSETS, 1.0)
    assert [int(np.nansum(row)) for row in counts] == [len(train) for train in trains]


def test_two_sortings_in_one_file_are_refused(make_trial, tmp_path):
    session = layouts.session_of([make_trial(number, frames=90) for number in range(3)])
    place = layouts.write_phy(tmp_path / "sorted", session)
    table = layouts.write_table(place, session)
    assert open_recording(place, Reading(frames_table=table)).tiers
    for name in ("spike_times", "spike_clusters"):
        once = np.load(place / f"{name}.npy")
        np.save(place / f"{name}.npy", np.concatenate([once, once]))
    with pytest.raises(ReverieError, match=r"spike_times\.npy hold times that start over in most units"):
        open_recording(place, Reading(frames_table=table))
