"""Sources of live responses: a recorded trial played as if it arrived now, lines of JSON, or ZeroMQ messages."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Responses
from reverie.foundation.errors import BadInput, ReverieError

Frames = AsyncIterator[Float[np.ndarray, " neuron"]]

LINE_LIMIT = 2**22
"""Largest length of a line in bytes: enough for a few hundred thousand neurons."""


async def replayed(responses: Responses, frame_rate: float) -> Frames:
    """Yield the responses of a recorded trial (neuron, time) frame by frame, at the rate they were recorded at."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number in range(responses.shape[1]):
        await asyncio.sleep(max(0.0, begin + number / frame_rate - loop.time()))
        yield responses[:, number]


def source_at(address: str) -> Frames:
    """Return the frames that an address sends: ``-`` (standard input), ``tcp://HOST:PORT`` or ``zmq://HOST:PORT``.

    The first two send a line of JSON per frame, the last a message per frame. Both hold ``{"responses": [0.0, 1.5,
    ...]}``, or the list alone. Raises BadInput when the address is of another kind.
    """
    if address == "-":
        return _lines(None)
    try:
        parts = urlsplit(address)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:  # a port that is not a number, or is out of range
        scheme, host, port = "", None, None
    if scheme not in ("tcp", "zmq") or host is None or port is None:
        raise BadInput(
            f"Live responses cannot be read from {address!r}; give - for standard input, tcp://HOST:PORT for lines of "
            "JSON or zmq://HOST:PORT for ZeroMQ messages."
        )
    return _lines((host, port)) if scheme == "tcp" else _messages(f"tcp://{parts.netloc}")


def frame_of(text: bytes | str) -> Float[np.ndarray, " neuron"]:
    """Return the responses that a line or message holds; raises BadInput when it holds none.

    >>> frame_of('{"responses": [0, 1.5]}')
    array([0. , 1.5], dtype=float32)
    """
    try:
        content = json.loads(text)
        return np.asarray(content["responses"] if isinstance(content, dict) else content, dtype=np.float32)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        start = (text if isinstance(text, str) else text.decode(errors="replace"))[:60]
        raise BadInput(
            f'A live frame must be JSON such as {{"responses": [0.0, 1.5]}}, but one began with {start!r} ({error!r}).'
        ) from error


async def _lines(place: tuple[str, int] | None) -> Frames:
    """Yield frames from a socket, or from standard input, until it ends."""
    writer: asyncio.StreamWriter | None = None
    if place is None:
        reader = asyncio.StreamReader(limit=LINE_LIMIT)
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        except ValueError as error:
            raise BadInput("Standard input is not a pipe; send responses with `PROGRAM | reverie live …`.") from error
    else:
        try:
            reader, writer = await asyncio.open_connection(*place, limit=LINE_LIMIT)
        except OSError as error:
            raise ReverieError(
                f"Nothing sends responses at {place[0]}:{place[1]} ({error}); start it first."
            ) from error
    try:
        while line := await reader.readline():
            if line.strip():
                yield frame_of(line)
    except ValueError as error:
        raise BadInput(f"A live frame is longer than {LINE_LIMIT} bytes; send one line per frame.") from error
    except ConnectionError as error:
        raise ReverieError(
            f"The sender of the responses broke the connection ({error}); start both programs again."
        ) from error
    finally:
        if writer is not None:
            writer.close()


async def _messages(address: str) -> Frames:
    """Yield frames that a ZeroMQ publisher sends; the last part of a message holds the frame."""
    try:
        import zmq
        import zmq.asyncio
    except ImportError as error:
        raise ReverieError("ZeroMQ is not installed; run `pip install 'reverie[live]'`.") from error
    with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(address)
        while True:
            yield frame_of((await socket.recv_multipart())[-1])
