"""Which settings the errors that were learned belong to."""

import pytest
from tests.worlds import fitted_to

from reverie.fitted.uncertainty import amounts_to_default
from reverie.foundation.files import write_npz
from reverie.inversion.methods.combined import DEFAULT_FOLLOWS, Combined
from reverie.inversion.methods.weighing import Weights


@pytest.mark.parametrize("followed_by_default", [False, True])
def test_errors_were_learned_of_what_is_done_by_default_also_where_it_is_asked_for_by_hand(
    tiny_world, followed_by_default
):
    fitted = fitted_to(tiny_world)
    error = 90.0 if followed_by_default else 99.5
    write_npz(fitted.place("weights"), Weights("sizes", 0.75, 100.0).to_arrays())
    write_npz(fitted.place("followed_weights"), Weights("sizes", 0.25, error).to_arrays())
    usual = {times for times in (None, 0, 1, DEFAULT_FOLLOWS) if amounts_to_default(fitted, Combined(follow=times))}
    assert usual == {None, DEFAULT_FOLLOWS if followed_by_default else 0}
    assert amounts_to_default(fitted, Combined(seed=3, blur=1.0))
    assert not amounts_to_default(fitted, Combined(map_share=0.5))
    assert not amounts_to_default(fitted, Combined(find_cuts=False))
