"""One cause is told once, however many trials it stops."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

SHOWN: Final = 8
"""Names listed before the rest is only counted."""


def grouped(causes: Mapping[str, str]) -> list[str]:
    """Return one text for each distinct cause: its first sentence, and what else it holds for.

    Two sentences are the same cause when they differ in nothing but the name they are about, as the word after
    "trial" or as the name of a file.

    Parameters
    ----------
    causes
        What could not be done, by name, and the sentence that says why.

    Examples
    --------
    >>> grouped({"3": "videos/3.npy is missing.", "4": "videos/4.npy is missing."})
    ['videos/3.npy is missing. The same holds for 1 other: 4.']

    """
    alike: dict[str, list[str]] = {}
    for name, cause in causes.items():
        alike.setdefault(_without(name, cause), []).append(name)
    return [causes[first] + _others(rest) for first, *rest in alike.values()]


def some(names: Sequence[str], shown: int = SHOWN) -> str:
    """List a few names and count the rest.

    >>> some(["a", "b", "c"], shown=2)
    'a, b and 1 more'
    """
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")


def _without(name: str, cause: str) -> str:
    last = re.escape(name.split()[-1] if name.split() else name)
    return re.sub(rf"(\b[Tt]rial |[/\\]){last}(?![\w-])", r"\1…", cause)


def _others(names: list[str]) -> str:
    if not names:
        return ""
    return f" The same holds for {len(names)} other{'s' if len(names) > 1 else ''}: {some(names)}."
