"""Types and shapes are checked on the first calls of each function in each test, and on a few of the others.

All that a search does in its inner loop is the same again, and to check every call takes longer than the call. What is
never called is not prepared for being checked either, which would take half of the time until the first test begins.
Importing this module before the package is what switches it on.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any

import jaxtyping

FIRST, EVERY = 5, 100
"""So many calls are checked in each test, and of those that follow one in so many."""

_jaxtyped: Any = jaxtyping.jaxtyped
_calls: dict[int, list[int]] = {}
"""How often the function of each code was called in this test, in a list of one, which is the quickest to count in."""


def begin_test() -> None:
    """Count calls anew."""
    for calls in _calls.values():
        calls[0] = 0


def _decorator_of(*, typechecker: Any) -> Callable[[Any], Any]:
    return functools.partial(_checked_at_times, typechecker=typechecker)


def _checked_at_times(thing: Any, typechecker: Any) -> Any:
    if inspect.isfunction(thing):
        return _function(thing, typechecker)
    if dataclasses.is_dataclass(thing) and inspect.isfunction(thing.__init__) and "__init__" in vars(thing):
        setattr(thing, "__init__", _function(thing.__init__, typechecker))  # noqa: B010 - mypy forbids the other way
    return thing


def _function(function: Any, typechecker: Any) -> Any:
    # Functions that are made again with every call of another share their code, and are counted as one.
    calls, checked = _calls.setdefault(id(function.__code__), [0]), None

    @functools.wraps(function)
    def called(*arguments: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        nonlocal checked
        calls[0] = number = calls[0] + 1
        if number > FIRST and number % EVERY:
            return function(*arguments, **named)
        checked = checked or _jaxtyped(function, typechecker=typechecker)
        return checked(*arguments, **named)

    return called


# The import hook decorates with whatever has this name: all modules of the package that are imported from now on.
jaxtyping.jaxtyped = _decorator_of  # type: ignore[assignment]
