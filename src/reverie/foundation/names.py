"""Names taken from the file system, made into text that can be printed, compared and written everywhere."""

import os
import unicodedata


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
