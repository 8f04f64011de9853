"""Plugin of pytest: what of types and shapes has been checked once is not checked again.

``--jaxtyping-packages`` checks the arguments and the result of every call of every function, which takes longer than
the arithmetic of small animals. What a check sees of a call is the types of values, the shapes of arrays, strings, and,
where a shape is made of them (``"{frames} 2"``), whole numbers. A call like one that passed is not checked again.
"""

import functools
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence, Set, ValuesView
from types import FunctionType
from typing import Any

import jaxtyping
import numpy as np
import torch
from jaxtyping import _decorator

LONGEST = 16
"""Elements of a container up to which all are looked at; calls with longer ones are always checked."""

plain = _decorator.jaxtyped
"""What checks every call."""


class CannotTellError(Exception):
    """Two values may be alike to us and not to a check."""


@functools.cache
def family(kind: type) -> str:
    """Return how values of a type are looked at."""
    families: dict[str, tuple[type, ...]] = {
        "array": (torch.Tensor, np.ndarray),
        "value": (str, bytes, type, bool),
        "number": (int, np.integer),
        "mapping": (dict,),
        "container": (tuple, list, set, frozenset),
        "unknown": (Sequence, Set, Mapping, ValuesView, deque),
    }
    return next((name for name, types in families.items() if issubclass(kind, types)), "object")


def seen_of(value: object, numbers: bool) -> object:
    """Return what a check sees of a value, whole numbers only if asked for; raises CannotTellError when too much."""
    kind = type(value)
    match family(kind):
        case "array":
            return kind, value.dtype, value.shape  # type: ignore[attr-defined]
        case "value":
            return kind, value
        case "number":
            return (kind, value) if numbers else kind
        case "mapping":
            return kind, seen_of(tuple(value), numbers), seen_of(tuple(value.values()), numbers)  # type: ignore
        case "container" if len(value) <= LONGEST:  # type: ignore[arg-type]
            return kind, tuple(seen_of(each, numbers) for each in value)  # type: ignore[attr-defined]
        case "object":
            return kind
    raise CannotTellError


class CheckedOnce:
    """The checks of a function, and what has passed them. Closures that are made again and again share theirs."""

    def __init__(self, function: Callable[..., Any], typechecker: Any) -> None:
        self.function = function
        self._numbers = "{" in str(getattr(function, "__annotations__", ""))
        self._passed: set[object] = set()
        self._within = threading.local()

        def current(*arguments: Any, **options: Any) -> Any:
            return self._within.calls[-1](*arguments, **options)

        # Annotations that are strings are looked up among the function's own globals.
        at_home = FunctionType(current.__code__, function.__globals__, closure=current.__closure__)
        self._check = plain(functools.wraps(function)(at_home), typechecker=typechecker)

    def call(self, function: Callable[..., Any], arguments: Any, options: Any) -> Any:
        """Call the function; its arguments and result are checked unless such a call passed before."""
        __tracebackhide__ = True
        try:
            asked = seen_of(arguments, self._numbers), seen_of(options, self._numbers)
        except CannotTellError:
            return self._checked(function, arguments, options)
        new = asked not in self._passed
        result = self._checked(function, arguments, options) if new else function(*arguments, **options)
        answered = asked, self._seen_result(result)
        if not new and answered not in self._passed:
            self._checked(lambda *_, **__: result, arguments, options)
        self._passed |= {asked, answered}
        return result

    def _seen_result(self, result: object) -> object:
        try:
            return seen_of(result, self._numbers)
        except CannotTellError:
            return object()  # like no other

    def _checked(self, function: Callable[..., Any], arguments: Any, options: Any) -> Any:
        __tracebackhide__ = True
        calls = self._within.__dict__.setdefault("calls", [])
        calls.append(function)
        try:
            return self._check(*arguments, **options)
        finally:
            calls.pop()


known: dict[int, CheckedOnce] = {}
"""By identity of the code, which they keep alive."""


def jaxtyped(function: Any = _decorator._sentinel, *, typechecker: Any = _decorator._sentinel) -> Any:
    """Decorate as `jaxtyping.jaxtyped` does."""
    if typechecker in (_decorator._sentinel, None) or not hasattr(function, "__code__"):
        return plain(function, typechecker=typechecker)
    code = id(function.__code__)

    @functools.wraps(function)
    def once(*arguments: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        if code not in known:  # made at the first call: most functions are called by few tests
            known[code] = CheckedOnce(function, typechecker)
        return known[code].call(function, arguments, options)

    return once


jaxtyping.jaxtyped = _decorator.jaxtyped = jaxtyped
