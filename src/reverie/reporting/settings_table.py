"""How a run was made, as tables of names and values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Settings that belong together; a row is a name and its value as text."""

    title: str
    rows: Sequence[tuple[str, str]]


def settings_groups(settings: Mapping[str, object]) -> list[Group]:
    """Return one group for each nested mapping at the top, and a first one for the single values.

    >>> settings_groups({"seed": 3, "solver": {"steps": 1000, "masks": {"training": 0.5}}})[1].rows
    [('steps', '1000'), ('masks · training', '0.5')]
    """
    single = {name: value for name, value in settings.items() if not isinstance(value, Mapping)}
    nested = {name: value for name, value in settings.items() if isinstance(value, Mapping)}
    groups = [Group("Run", _rows(single))] if single else []
    groups += [Group(_readable(name).capitalize(), _rows(value)) for name, value in nested.items()]
    return [group for group in groups if group.rows]


def _rows(settings: Mapping[str, object], above: str = "") -> list[tuple[str, str]]:
    rows = []
    for name, value in settings.items():
        path = f"{above} · {_readable(str(name))}" if above else _readable(str(name))
        rows += _rows(value, path) if isinstance(value, Mapping) else [(path, _text(value))]
    return rows


def _readable(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(one) for one in value) or "–"
    return str(value)
