"""One answer in three forms: a page, JSON, or text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from highroad import __version__
from highroad.errors import HighroadError
from highroad.pages import document
from highroad.products.freshness import words
from highroad.secrets.redaction import redact_values

HEAD = (
    '<meta name="htmx-config" content=\'{"includeIndicatorCSS":false}\'>\n'
    '<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">\n'
    '<link rel="stylesheet" href="/static/style.css">\n<link rel="stylesheet" href="/static/portal.css">\n'
    '<script src="/static/htmx.min.js" defer></script>\n<script src="/static/portal.js" defer></script>'
)
COMMAND_LINES = ("curl", "httpie", "wget")


def wants_json(request: Request) -> bool:
    """Whether JSON is what is asked for before a page."""
    accepted = request.headers.get("accept", "").split(",")
    kinds = [each.partition(";")[0].strip() for each in accepted]
    return next((each for each in kinds if each in ("application/json", "text/html")), "") == (
        "application/json"
    )


def is_command_line(request: Request) -> bool:
    """Whether curl, HTTPie or wget asks, and for no kind in particular."""
    agent = request.headers.get("user-agent", "").lower()
    return agent.startswith(COMMAND_LINES) and request.headers.get("accept", "*/*") == "*/*"


def respond(
    request: Request,
    template: str,
    title: str,
    facts: Mapping[str, Any],
    *,
    status: int = 200,
    **more: Any,
) -> Response:
    """A page of facts, or the facts as JSON.

    Args:
        request: Who asks, and for which form.
        template: The page's template.
        title: The page's.
        facts: What JSON shows too; secrets are hidden.
        status: The HTTP status.
        more: For the page alone.
    """
    try:
        visible = request.app.state.visible()
        # What an error answers was asked: to strike it out would tell that there is such a thing.
        asked = str(request.scope["path"]) if template == "error.html" else ""
        facts = visible.redact(redact_values(facts), asked)
        notice = f"The portal does not ask who you are: it shows what {visible.principal} may see."
    except HighroadError:
        template, title, status, notice = "error.html", "Not available", 503, ""
        # The message itself may name what is hidden.
        facts = {
            "error": "Who may see what cannot be read, so nothing is shown; `nox -s contracts` says why."
        }
    if wants_json(request):
        content = json.dumps(facts, ensure_ascii=False, default=str, indent=1)
        return Response(content, status, media_type="application/json")
    body = (
        _templates()
        .get_template(template)
        .render(
            title=title,
            path=request.url.path,
            facts=facts,
            notice=notice,
            version=__version__,
            **more,
        )
    )
    return Response(document(f"{title} · Highroad", body, HEAD), status, media_type="text/html")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., Any]] = {
        "age": age,
        "short": lambda text: str(text or "")[:12],
        "when": lambda text: str(text or "")[:16].replace("T", " "),
        "number": lambda value: "–" if value is None else f"{value:,}",
        "metric": lambda value: f"{value:,.4g}" if isinstance(value, float) else str(value),
        "markdown": markdown,
    }
    environment.filters.update(filters)
    return environment


def age(seconds: float | None) -> str:
    """A span of time in words."""
    if seconds is None:
        return "–"
    ahead = " ahead" if seconds < 0 else ""
    return f"{words(timedelta(seconds=abs(seconds)))}{ahead}"


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def markdown(text: str) -> Markup:
    """Markdown as HTML: no markup of its own, no pictures, and links only to elsewhere on the web."""
    tokens = _markdown().parse(text)
    for token in tokens:
        token.children = [_safe(child) for child in token.children or ()] or token.children
        if token.type.startswith("heading_"):  # the page's own title is the first
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    html = _markdown().renderer.render(tokens, _markdown().options, {})
    for wide in ("pre", "table"):  # keys can scroll it
        html = html.replace(f"<{wide}>", f'<{wide} tabindex="0">')
    return Markup(html)


def _safe(token: Token) -> Token:
    if token.type == "image":
        return Token("text", "", 0, content=token.content)
    href = str(token.attrs.get("href", ""))
    if token.type == "link_open" and not href.startswith(("https://", "http://")):
        token.attrs = {}
    return token
