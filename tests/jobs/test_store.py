import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.inversion.solution import Progress, Solution
from reverie.jobs.store import Store, read_solution, write_solution

MOVIE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
TRACE = (Progress(1, 0.5, 2, 3.0), Progress(2, 0.75, 4, 2.0))


@pytest.mark.parametrize("std", [None, np.ones((2, 3, 4), np.float32)])
def test_a_solution_is_read_back_as_it_was(tmp_path, std):
    write_solution(tmp_path / "movie.npz", Solution(MOVIE, TRACE, 0.75, 4, std))
    again = read_solution(tmp_path / "movie.npz")
    np.testing.assert_array_equal(again.movie, MOVIE)
    assert (again.trace, again.seconds, again.passes) == (TRACE, 0.75, 4)
    assert (again.std is None) == (std is None)
    if std is not None:
        np.testing.assert_array_equal(again.std, std)


def test_results_are_found_by_their_fingerprints_in_the_order_asked_for(tmp_path):
    store = Store(tmp_path)
    for name, level in (("aa", 1.0), ("bb", 2.0)):
        write_solution(store.place(name).finished, Solution(np.full_like(MOVIE, level), TRACE, 0.75, 4))
    assert [solution.movie.mean() for solution in store.read(["bb", "aa", "bb"])] == [2.0, 1.0, 2.0]
    assert store.place("aa").folder == tmp_path / "aa"
    assert store.place("aa").finished != store.place("aa").unfinished
    with pytest.raises(ReverieError, match=r"cc/movie\.npz is missing"):
        store.read(["cc"])
