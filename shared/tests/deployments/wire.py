"""A socket before the engine's that goes dead after some calls: PATH ENGINE CALLS; by TCP where PATH is `tcp`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


async def main(path: str, engine: str, calls: int) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls -= 1
        if calls < 0:
            Path(path).unlink(missing_ok=True)
            os._exit(0)
        from_engine, to_engine = await asyncio.open_unix_connection(engine)
        await asyncio.gather(copy(reader, to_engine), copy(from_engine, writer))

    if path == "tcp":
        listening = asyncio.start_server(accept, "127.0.0.1", 0)
    else:
        listening = asyncio.start_unix_server(accept, path)
    async with await listening as server:
        at = server.sockets[0].getsockname()
        print(f"tcp://{at[0]}:{at[1]}" if path == "tcp" else f"unix://{at}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
