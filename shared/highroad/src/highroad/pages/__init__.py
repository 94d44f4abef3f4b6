"""Pages for a browser: one skeleton and one stylesheet, light and dark, from 390 px up, nothing loaded.

Every run writes a page, so nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path


@cache
def stylesheet() -> str:
    """The stylesheet of every page."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


def document(title: str, body: str, head: str) -> str:
    """A whole HTML document.

    Args:
        title: As text; it is escaped here.
        body: As HTML.
        head: As HTML: the stylesheet, and what else belongs to the head.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n{head}\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def page(title: str, parts: Iterable[str], sub: str = "") -> str:
    """A page in one file, which loads nothing.

    Args:
        title: As text.
        parts: Of its body, as HTML; empty ones are left out.
        sub: A line below the title, as text.
    """
    heading = f"<h1>{escape(title)}</h1>" + (f'<p class="sub">{escape(sub)}</p>' if sub else "")
    body = "\n".join([heading, *(part for part in parts if part)])
    return document(title, f"<main>\n{body}\n</main>", f"<style>{stylesheet()}</style>")
