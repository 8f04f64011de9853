from benchmarks.timing import Timing, in_turns, ratio


def test_candidates_take_turns_after_a_round_that_does_not_count():
    calls = []
    timings = in_turns({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)
    assert calls == ["a", "b"] * 3
    assert all(len(each.clock) == len(each.processor) == 2 for each in timings.values())


def test_ratios_are_taken_round_by_round():
    found = ratio(Timing((2.0, 30.0), (1.0, 1.0)), Timing((1.0, 10.0), (0.5, 0.25)))
    assert (found.typical, found.lowest, found.highest, found.processor) == (2.5, 2.0, 3.0, 3.0)


def test_times_can_be_reckoned_with():
    one = Timing((1.0, 2.0), (0.5, 0.5))
    assert one.times(3).plus(one) == Timing((4.0, 8.0), (2.0, 2.0))
