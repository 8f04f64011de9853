from dataclasses import replace

import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.recordings.lazy_trials import part_of


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
