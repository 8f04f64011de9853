"""The reference of the door is made from the docstrings, and kept."""

from docs.make_api import FURTHER, PAGE, TOGETHER, page

import reverie as rv


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python docs/make_api.py`"


def test_every_name_at_the_door_is_on_it():
    assert sorted(name for names in TOGETHER.values() for name in names) == sorted(rv.__all__)


def test_parameters_are_documented_with_type_and_default():
    told = page()
    assert "rv.solve(problem, method, *, start=None," in told
    assert "* `level: float` – How probable it is that the truth lies between them" in told
    assert '* `kind: KindName = "default"` – What kind of animals' in told
    assert all(f"### `{name}`" in told for name in FURTHER)
