from reverie.recordings.lazy_trials import Lazily


def test_members_are_read_when_asked_for_and_not_kept():
    read = []
    things = Lazily(lambda place: read.append(place) or place * 10, [1, 2, 3])
    assert (things[-1], things[0], things[0]) == (30, 10, 10)
    assert read == [3, 1, 1]
    assert len(things[1:]) == 2
    assert read == [3, 1, 1]
    assert list(things[1:]) == [20, 30]
