"""The counts of the table in docs/design.md."""

from tools.measure_house import files_now, measure

MODULE = '''\
"""Doc."""

NUMBER = 1


def shown():
    pass


def _hidden():
    pass


class Also: ...
'''

FILES = {
    "__init__.py": '"""Doc."""\n__all__ = ["first", "second"]\n',
    "room/__init__.py": '"""Doc."""\n',
    "room/module.py": MODULE,
    "other/deep/module.py": "import os\n",
}


def test_a_small_package_is_counted():
    assert measure(FILES) == {"modules": 3, "lines": 18, "rooms": 2, "public names": 2, "names at the door": 2}


def test_the_package_as_it_lies_here_has_a_door():
    assert 1 <= measure(files_now())["names at the door"] <= 20
