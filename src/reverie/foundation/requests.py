"""What all requests have in common: options by name, and seeds that random generators start from."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, Final, Protocol, TypeVar, runtime_checkable

from reverie.foundation.errors import BadInput, ReverieError

SEEDS: Final = 2**63
"""Seeds are smaller than this, which every generator that is seeded takes."""


@runtime_checkable
class Options(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Request = TypeVar("Request", bound=Options)


def with_options(request: Request, options: Mapping[str, Any], name: str) -> Request:
    """Return a request with some of its fields changed; raises ReverieError when it has no such field.

    name: what it asks for, as in ``"A training"``.
    """
    try:
        return replace(request, **options)
    except TypeError as error:
        known = ", ".join(field.name for field in fields(request))
        raise ReverieError(f"{name} has the options {known}, but was given {', '.join(options)}.") from error


def require_seed(seed: int) -> None:
    """Raise BadInput unless a seed is a whole number that random generators take."""
    if not 0 <= seed < SEEDS:
        raise BadInput(f"The seed is {seed} but must be a whole number from 0 to 2^63 - 1.")
