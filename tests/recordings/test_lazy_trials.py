from dataclasses import replace

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.recordings.lazy_trials import Lazily, OnDisk, part_of


def test_members_are_read_when_asked_for_and_not_kept():
    read = []
    things = Lazily(lambda place: read.append(place) or place * 10, [1, 2, 3])
    assert (things[-1], things[0], things[0]) == (30, 10, 10)
    assert read == [3, 1, 1]
    assert len(things[1:]) == 2
    assert read == [3, 1, 1]
    assert list(things[1:]) == [20, 30]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "key",
    [slice(2, 5), slice(3, 99), slice(5, 2), slice(0, 7, 2), 3, None, (slice(None), slice(1, 3)), np.array([4, 1])],
)
def test_parts_are_those_of_the_array(tmp_path, order, key):
    values = np.asarray(np.arange(7 * 4 * 3, dtype=np.float32).reshape(7, 4, 3), order=order)
    np.save(tmp_path / "values.npy", values)
    stored = OnDisk.of(np.load(tmp_path / "values.npy", mmap_mode="r"))
    assert isinstance(stored, OnDisk)
    assert (len(stored), stored.shape, stored.dtype) == (7, (7, 4, 3), values.dtype)
    np.testing.assert_array_equal(stored[key], values[key])
    assert not isinstance(stored[key], np.memmap)


def test_what_is_in_memory_stays_as_it_is():
    values = np.ones(3)
    assert OnDisk.of(values) is values


@pytest.mark.parametrize(("name", "start", "stop", "frames"), [("6", 0, 30, 30), ("6", 10, 1000, 38), ("7", 5, 6, 1)])
def test_a_part_of_a_trial_at_hand_is_what_is_read_of_it_alone(unspoilt_tiny_world, name, start, stop, frames):
    recording = open_recording(unspoilt_tiny_world.data / "alpha")
    whole = recording.trial(name)
    part, alone = part_of(whole, start, stop), recording.trial(name, start, stop)
    assert part.frames == frames
    np.testing.assert_array_equal(part.movie, alone.movie)
    np.testing.assert_array_equal(part.state, alone.state)
    np.testing.assert_array_equal(part.responses, alone.responses)
    np.testing.assert_array_equal(part.times, alone.times)
    assert (part.responses is None) == (name == "7")
    assert part_of(replace(whole, movie=None), start, stop).movie is None
