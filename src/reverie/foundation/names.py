"""Names taken from the file system, made into text that can be printed, compared and written everywhere."""

import os
import unicodedata
from collections.abc import Iterable


def readable_name(name: str) -> str:
    """Return a file's name as proper text.

    Python carries bytes that are not UTF-8 as lone surrogates, which neither JSON readers nor safetensors nor a
    terminal take. Such names come from old Windows shares, so the bytes are read as Latin-1. Accents are composed,
    since macOS hands them out apart and keyboards type them together.

    >>> readable_name("M\\udce4us") == readable_name("Ma\\u0308us") == "Mäus"
    True
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("latin-1")
    return unicodedata.normalize("NFC", name)


def meant(name: str, names: Iterable[str]) -> str | None:
    """Return the one of some names that is meant: that very one, or the only other way to write the same number.

    >>> meant("007", ["6", "7"]), meant("7", ["007", "7"]), meant("7", ["07", "007"]), meant("8", ["7"])
    ('7', '7', None, None)
    """
    known = list(names)
    if name in known:
        return name
    alike = [one for one in known if one.isdecimal() and name.isdecimal() and int(one) == int(name)]
    return alike[0] if len(alike) == 1 else None
