"""What every answer carries, and what no request may be."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_URL, LARGEST_BODY = 8_192, 16_384
"""Bytes of a path with its query, and of a body."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuse what is too large, and give every answer the headers that keep browsers and caches careful.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache")
                headers.setdefault("Vary", "Accept, User-Agent")
            await send(message)

        if refusal := _refusal(scope):
            await refusal(scope, receive, careful)
            return
        await self._app(scope, receive, careful)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    length = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    if length > LONGEST_URL:
        return PlainTextResponse(
            f"The address has {length} bytes; at most {LONGEST_URL} are read.", 414
        )
    sizes = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(not size.isdigit() or int(size) > LARGEST_BODY for size in sizes):
        return PlainTextResponse(f"A body may have at most {LARGEST_BODY} bytes.", 413)
    return None
