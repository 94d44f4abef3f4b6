"""A socket before the engine's that goes dead after some calls: PATH ENGINE CALLS."""

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
            Path(path).unlink()
            os._exit(0)
        from_engine, to_engine = await asyncio.open_unix_connection(engine)
        await asyncio.gather(copy(reader, to_engine), copy(from_engine, writer))

    async with await asyncio.start_unix_server(accept, path) as server:
        print("listens", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
