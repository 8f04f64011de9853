import asyncio
import json

import numpy as np
import pytest

from reverie.foundation.errors import BadInput, ReverieError
from reverie.live.sources import frame_of, replayed, source_at


async def gathered(frames, most=100):
    found = []
    async for frame in frames:
        found.append(frame)
        if len(found) == most:
            break
    return found


def test_lines_from_a_socket_become_frames():
    async def run():
        async def answer(reader, writer):
            for number in range(3):
                writer.write(json.dumps({"responses": [number, 0.5]}).encode() + b"\n")
            writer.write(b"\n[7, 8]\n")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await gathered(source_at(f"tcp://127.0.0.1:{port}"))

    np.testing.assert_allclose(asyncio.run(run()), [[0, 0.5], [1, 0.5], [2, 0.5], [7, 8]])


def test_a_line_without_an_end_is_told(monkeypatch):
    monkeypatch.setattr("reverie.live.sources.LINE_LIMIT", 100)

    async def run():
        async def answer(reader, writer):
            writer.write(b"[" + b"1, " * 200)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await gathered(source_at(f"tcp://127.0.0.1:{port}"))

    with pytest.raises(BadInput, match="longer than 100 bytes"):
        asyncio.run(run())


def test_messages_from_zeromq_become_frames():
    zmq = pytest.importorskip("zmq")

    async def run():
        with zmq.Context() as context, context.socket(zmq.PUB) as socket:
            port = socket.bind_to_random_port("tcp://127.0.0.1")
            listening = asyncio.create_task(gathered(source_at(f"zmq://127.0.0.1:{port}"), 2))
            while not listening.done():  # who subscribes late misses what came before
                socket.send_multipart([b"responses", b'{"responses": [1, 2]}'])
                await asyncio.sleep(0.01)
            return listening.result()

    np.testing.assert_allclose(asyncio.run(run()), [[1, 2], [1, 2]])


def test_a_trial_is_replayed_frame_by_frame():
    responses = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(asyncio.run(gathered(replayed(responses, 1000.0))), responses.T)


@pytest.mark.parametrize("text", ["{", '{"rates": [1]}', "[" * 100_000, '{"responses": ["a"]}', b"\xff"])
def test_texts_that_are_no_frame_are_refused(text):
    with pytest.raises(BadInput, match="must be JSON such as"):
        frame_of(text)


@pytest.mark.parametrize("address", ["http://here", "tcp://here", "tcp://here:port", "zmq://here:99999", "tcp://[1"])
def test_other_addresses_are_refused(address):
    with pytest.raises(BadInput, match="give - for standard input"):
        source_at(address)


def test_where_nobody_sends_that_is_told():
    with pytest.raises(ReverieError, match=r"Nothing sends responses at 127\.0\.0\.1:1 "):
        asyncio.run(gathered(source_at("tcp://127.0.0.1:1")))


def test_a_file_on_standard_input_is_told(tmp_path, monkeypatch):
    (tmp_path / "frames").write_text("[1, 2]\n")
    with (tmp_path / "frames").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(BadInput, match="Standard input is not a pipe"):
            asyncio.run(gathered(source_at("-")))
