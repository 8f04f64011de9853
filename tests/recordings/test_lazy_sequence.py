from reverie.recordings.lazy_sequence import LazySequence


def test_items_are_read_when_asked_for_and_not_kept():
    read = []
    items = LazySequence(lambda key: read.append(key) or key * 10, [1, 2, 3])
    assert (items[-1], items[0], items[0]) == (30, 10, 10)
    assert read == [3, 1, 1]
    assert len(items[1:]) == 2
    assert read == [3, 1, 1]
    assert list(items[1:]) == [20, 30]
