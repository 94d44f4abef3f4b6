"""A socket before the engine's that goes dead or loses answers: PATH ENGINE CALLS LOSES.

It goes dead after CALLS calls. Of what runs in containers it loses every LOSES-th output, as if
there had been none; 0 is none. It listens by TCP where PATH is `tcp`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path


async def copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, outputs: count[int], loses: int
) -> None:
    try:
        while data := await reader.read(65536):
            if data.startswith(b"HTTP/1.1 101 ") and loses and next(outputs) % loses == 0:
                writer.write(data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
                await reader.read()
                break
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def main(path: str, engine: str, calls: int, loses: int) -> None:
    outputs, open_ = count(1), set[asyncio.Task[None] | None]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls -= 1
        if calls < 0:
            Path(path).unlink(missing_ok=True)
            os._exit(0)
        # asyncio itself holds a connection's task so weakly that it may be collected with half a stream.
        open_.add(task := asyncio.current_task())
        from_engine, to_engine = await asyncio.open_unix_connection(engine)
        await asyncio.gather(
            copy(reader, to_engine, outputs, 0), copy(from_engine, writer, outputs, loses)
        )
        for each in (writer, to_engine):
            each.close()
        open_.discard(task)

    if path == "tcp":
        listening = asyncio.start_server(accept, "127.0.0.1", 0)
    else:
        listening = asyncio.start_unix_server(accept, path)
    async with await listening as server:
        at = server.sockets[0].getsockname()
        print(f"tcp://{at[0]}:{at[1]}" if path == "tcp" else f"unix://{at}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
