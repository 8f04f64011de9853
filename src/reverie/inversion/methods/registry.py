"""All methods by name, and which of their settings are recorded."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge

Method = Combined | Map | Paper | Ridge
"""The settings of a method; their class tells which method."""

METHODS: Mapping[str, type[Combined] | type[Paper] | type[Map] | type[Ridge]] = {
    kind.name: kind for kind in (Combined, Map, Paper, Ridge)
}
"""The methods by name, the default first."""

DEFAULT = Combined
"""The method that is used unless another is named."""

ARRAYS = ("mask",)
"""Fields that hold arrays; where they come from, they are identified by their contents."""

AFTERWARDS = ("blur", "calibrated")
"""Fields that are applied after a movie was found and do not affect how it is found. For `combined`, whose standard
deviation exists only where it is calibrated, that is the blur alone."""


def describe_method(method: Method) -> dict[str, Any]:
    """Return the name of a method and its settings, ready for JSON."""
    return {"method": method.name, **_settings(method, ARRAYS)}


def deciding_settings(method: Method) -> dict[str, Any]:
    """Return the settings that affect the movie found, without the blur and the scaling of its standard deviation."""
    afterwards = ("blur",) if isinstance(method, Combined) else AFTERWARDS
    return {"method": method.name, **_settings(method, (*ARRAYS, *afterwards))}


def method_of(name: str, settings: Mapping[str, Any]) -> Method:
    """Return a method by its name, with some of its settings; raises ReverieError when name or setting is unknown."""
    if name not in METHODS:
        raise ReverieError(f"There is no method {name!r}; choose one of: {', '.join(METHODS)}.")
    kind = METHODS[name]
    unknown = sorted(settings.keys() - {field.name for field in fields(kind)})
    if unknown:
        having = [other for other, its in METHODS.items() if unknown[0] in {field.name for field in fields(its)}]
        raise ReverieError(
            f"The method `{name}` has no setting `{unknown[0]}`"
            + (f"; it belongs to {', '.join(f'`{other}`' for other in having)}." if having else ".")
        )
    return kind(**settings)


def _settings(method: Method, without: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in asdict(method).items() if name not in without}
