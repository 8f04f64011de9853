"""What the user asked to leave out, and what cannot be used: each with its reason, told once."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reverie.foundation.errors import ReverieError

NAMED = 6
"""This many names are listed; the rest is counted."""


@dataclass(frozen=True)
class Omissions:
    """What the user asked to leave out of one animal."""

    trials: frozenset[str] = frozenset()
    neurons: frozenset[int] = frozenset()
    animal: bool = False


def omissions(asked: Sequence[str], animal: str) -> Omissions:
    """Return what of an animal is to be left out.

    >>> omissions(("trial:3", "mouse2/neuron:7", "animal:mouse2"), "mouse1")
    Omissions(trials=frozenset({'3'}), neurons=frozenset(), animal=False)

    Raises ReverieError when something asked for is not of the form trial:NAME, neuron:NUMBER or animal:NAME.
    """
    trials, neurons, whole = set(), set(), False
    for text in asked:
        found = re.fullmatch(r"(?:(?P<animal>[^/]+)/)?(?P<kind>trial|neuron|animal):(?P<name>.+)", text.strip())
        if found is None or (found["kind"] == "neuron" and not found["name"].isdecimal()):
            raise ReverieError(
                f"{text!r} cannot be left out; write trial:NAME, neuron:NUMBER or animal:NAME, or ANIMAL/trial:NAME "
                "for one animal only."
            )
        if found["animal"] not in (None, animal):
            continue
        if found["kind"] == "trial":
            trials.add(found["name"])
        elif found["kind"] == "neuron":
            neurons.add(int(found["name"]))
        else:
            whole = whole or found["name"] == animal
    return Omissions(frozenset(trials), frozenset(neurons), whole)


def grouped(reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield one line a cause, with the trials it concerns; causes are the same when only names and numbers differ.

    >>> list(grouped({"2": "a/2.npy is cut short.", "5": "a/5.npy is cut short.", "7": "nothing in it"}))
    ['2 trials (2, 5): a/2.npy is cut short.', '1 trial (7): nothing in it']
    """
    causes: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        causes.setdefault(re.sub(r"\d+", "#", reason), []).append(name)
    for names in causes.values():
        yield f"{len(names)} trial{'s' * (len(names) > 1)} ({some(names)}): {reasons[names[0]]}"


def some(names: Iterable[str]) -> str:
    """List a few names and count the rest.

    >>> some("abcdefgh")
    'a, b, c, d, e, f and 2 more'
    """
    listed = list(names)
    shown = ", ".join(listed[:NAMED])
    return shown if len(listed) <= NAMED else f"{shown} and {len(listed) - NAMED} more"
