from reverie.foundation.lazily import Lazily


def test_members_are_made_when_asked_for_and_not_kept():
    made = []
    things = Lazily(lambda place: made.append(place) or place * 10, [1, 2, 3])
    made.clear()
    assert (things[-1], things[0], things[0]) == (30, 10, 10)
    assert made == [3, 1, 1]
    assert len(things[1:]) == 2
    assert made == [3, 1, 1]
    assert list(things[1:]) == [20, 30]
