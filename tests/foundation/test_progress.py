import pytest

from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say_broken


def test_members_that_are_left_out_are_said_and_where_none_is_left_the_first_reason_is_raised(
    capsys: pytest.CaptureFixture[str],
):
    broken = [ReverieError("a is cut short."), ReverieError("b is empty.")]
    say_broken(broken, ["c"], "Left out")
    assert capsys.readouterr().err == "Left out: a is cut short.\nLeft out: b is empty.\n"
    with pytest.raises(ReverieError, match=r"a is cut short\."):
        say_broken(broken, [], "Left out")
    say_broken([], [], "Left out")
    assert capsys.readouterr().err == ""
