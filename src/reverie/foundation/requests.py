"""What all requests have in common: options by name, fields of the types they declare, seeds, possible values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from math import inf
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Literal,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    runtime_checkable,
)

from reverie.foundation.errors import BadInput, ReverieError

SEEDS = 2**63
"""Seeds must be smaller than this, since all random generators accept such seeds."""

LARGEST_COUNT = 1_000_000
"""Largest number of steps, draws, trials, frames: more is a typing error, and would take years."""

WORDS: dict[Any, str] = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a word",
    Path: "a path",
    NoneType: "None",
}
"""Names of types in messages."""


@runtime_checkable
class Options(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Request = TypeVar("Request", bound=Options)


def with_options(request: Request, options: Mapping[str, Any], name: str) -> Request:
    """Return a request with some of its fields changed; raises ReverieError when it has no such field.

    Parameters
    ----------
    name
        What the request is, for messages, as in ``"A training"``.
    """
    if not is_dataclass(request) or isinstance(request, type):
        raise BadInput(f"{name} takes a dataclass of settings, but {request!r} was given.")
    try:
        return replace(request, **options)
    except TypeError as error:
        known = ", ".join(field.name for field in fields(request))
        raise ReverieError(f"{name} has the options {known}, but was given {', '.join(options)}.") from error


def require_seed(seed: int) -> int:
    """Return a seed as a Python integer; raises BadInput when random generators do not accept it."""
    if not (isinstance(seed, Integral) and 0 <= seed < SEEDS):
        raise BadInput(f"The seed is {seed} but must be a whole number from 0 to 2^63 - 1.")
    return int(seed)


@dataclass(frozen=True)
class Range:
    """The finite numbers from ``least`` to ``most``, both included.

    >>> str(Range(0, 1, below=True)), 1.0 in Range(0, 1), float("nan") in Range(0), inf in Range(0)
    ('at least 0 and below 1', True, False, False)
    """

    least: int | float
    most: int | float = inf
    above: bool = False
    """Whether ``least`` itself is left out."""
    below: bool = False
    """Whether ``most`` itself is left out."""
    infinite: bool = False
    """Whether infinity is among them."""

    def __contains__(self, value: Any) -> bool:  # noqa: ANN401 - whatever a field holds
        if not (_is_finite(value) or (self.infinite and isinstance(value, Real) and value == inf)):
            return False
        high = value < self.most if self.below else value <= self.most
        return bool(high and (value > self.least if self.above else value >= self.least))

    def __str__(self) -> str:
        if self.most < inf and not (self.above or self.below):
            return f"{self.least:g} to {self.most:g}"
        low = f"{'above' if self.above else 'at least'} {self.least:g}"
        return low if self.most == inf else f"{low} and {'below' if self.below else 'at most'} {self.most:g}"


def _is_finite(value: Any) -> bool:  # noqa: ANN401 - whatever a field holds
    real = isinstance(value, Real)
    return bool(real and -inf < value < inf)  # unlike isfinite, also for integers that are too large for a float


ABOVE_0 = Range(0, above=True)
AT_LEAST_0 = Range(0)
AT_LEAST_1 = Range(1)


def require_possible(settings: Options, **possible: Range | Collection[str]) -> None:
    """Raise BadInput, naming the first of some fields of a dataclass whose value is not among the possible ones.

    Of a tuple, each number must be possible; None is where the field's type says so.
    """
    types = get_type_hints(type(settings))
    for name, values in possible.items():
        value = getattr(settings, name)
        absent = value is None and NoneType in get_args(types[name])
        given = () if absent else value if isinstance(value, tuple) else (value,)
        if not all(one in values for one in given):
            each = "each " if isinstance(value, tuple) else ""
            endless = any(isinstance(one, Real) and not _is_finite(one) for one in given)
            finite = "finite and " if endless and isinstance(values, Range) and not values.infinite else ""
            expected = values if isinstance(values, Range) else f"one of {', '.join(values)}"
            raise BadInput(f"{name} is {value!r} but {each}must be {finite}{expected}.")


def given_path(given: object, what: str) -> Path:
    """Return what was given as a path; raises BadInput when it is none.

    >>> given_path("ENCODER", "An encoder")
    PosixPath('ENCODER')
    """
    if not isinstance(given, str | PathLike) or given == "":  # which would be the working directory
        raise BadInput(f"{what} is named by the path of one folder or file, but {given!r} was given.")
    try:
        path = Path(given)
        if not _is_there(path) and str(path).startswith("~"):
            path = path.expanduser()  # as a shell does
    except (OSError, TypeError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadInput(f"{what} cannot be named {str(given)[:80]!r} ({reason}); check the path.") from error
    return path


def _is_there(path: Path) -> bool:
    """Return whether a path exists; raises OSError for an impossible path, as ``exists`` did until Python 3.14."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


class _Misfit(Exception):
    """A value is not of a type."""


def convert_fields(settings: Options) -> None:
    """Convert every field of a frozen dataclass to its type, as the command line does; called when one is made.

    Where a field needs it, text becomes a path, a single item a list, and an integer a float. Types that are none of
    these, such as arrays, are left as they are. Raises BadInput when a value is of another kind than its field, or
    is so large that it must be a typing error.
    """
    hints = get_type_hints(type(settings))
    for field in fields(settings):
        value = getattr(settings, field.name)
        try:
            converted = _as(hints[field.name], value)
        except _Misfit:
            raise BadInput(f"{field.name} is {value!r} but must be {_worded(hints[field.name])}.") from None
        if isinstance(converted, int) and converted > LARGEST_COUNT and not field.name.endswith("seed"):
            raise BadInput(f"{field.name} is {converted} but must be {LARGEST_COUNT} or less.")
        object.__setattr__(settings, field.name, converted)


def _as(hint: Any, value: Any) -> Any:  # noqa: ANN401
    """Return a value as one of a type; raises _Misfit when it is none."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _as_any(get_args(hint), value)
    if origin is tuple:
        return _as_tuple(get_args(hint), value)
    if hint is bool or hint is NoneType or hint is str or origin is Literal:
        fits = value in get_args(hint) if origin is Literal else isinstance(value, hint)
    elif hint in (int, float):
        fits = isinstance(value, Integral if hint is int else Real) and not isinstance(value, bool)
        value = hint(value) if fits else value
    elif hint is Path:
        fits = isinstance(value, str | PathLike)
        value = Path(value) if fits else value
    else:
        fits = True
    if not fits:
        raise _Misfit
    return value


def _as_any(hints: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401
    for hint in hints:
        try:
            return _as(hint, value)
        except _Misfit:
            continue
    raise _Misfit


def _as_tuple(hints: tuple[Any, ...], value: Any) -> tuple[Any, ...]:  # noqa: ANN401
    if hints[-1] is ...:
        items = [value] if isinstance(value, str | PathLike) or not hasattr(value, "__iter__") else list(value)
        return tuple(_as(hints[0], item) for item in items)
    if isinstance(value, str) or not hasattr(value, "__iter__") or len(items := list(value)) != len(hints):
        raise _Misfit
    return tuple(_as(hint, item) for hint, item in zip(hints, items, strict=True))


def _worded(hint: Any) -> str:  # noqa: ANN401
    """Say in words what values of a type are."""
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(map(_worded, arguments))
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if get_origin(hint) is tuple:
        each = _worded(arguments[0])
        return f"a list, each {each}" if arguments[-1] is ... else f"{len(arguments)} values, each {each}"
    return WORDS.get(hint, "what its documentation says")
