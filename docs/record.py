"""Make the pictures of the home page from a run on the sample: `nox -s docs -- record`.

A terminal recording as SVG, and pages as PNG by a browser (Chromium).
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "docs" / "pages" / "assets"
SAMPLE = "landing.keep_every=40,train.max_iter=20,importance.flights=500,importance.repeats=1,evaluation.max_iter=5,evaluation.origins=14"
HIGHROAD = ROOT / "shared" / "extensions" / ".venv" / "bin" / "highroad"
COLUMNS = 100
_REWRITTEN = re.compile(r"[^\n]*\r\x1b\[K")
"""What a live line showed before it was written again."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ASIDE = re.compile(r"nox > (cd|/|Session|Ran)|.* Kedro project ")
"""Lines that say nothing to whoever sees a run for the first time."""


def in_terminal(words: list[str], env: dict[str, str]) -> str:
    """What a command shows on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux says that the other end is closed
        pass
    if process.wait():
        raise SystemExit(shown.decode(errors="replace"))
    return _REWRITTEN.sub("", shown.decode(errors="replace").replace("\r\n", "\n"))


def record(title: str, shown: str, path: Path) -> None:
    """Draw a terminal with what a command showed."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown))
    # Any fixed-width font of the reader: the site loads none from elsewhere.
    svg = console.export_svg(title=title)
    path.write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S), encoding="utf-8")


def picture(browser: str, address: str, path: Path) -> None:
    """Take a picture of a page."""
    words = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1400,900"]
    subprocess.run(
        [browser, *words, f"--screenshot={path}", address], check=True, capture_output=True
    )


def main() -> None:
    """Write every picture."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    nox = shutil.which("nox", path=f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}")
    if browser is None or nox is None:
        raise SystemExit("The pictures take Chromium and nox; install the one that is missing.")
    ASSETS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as store:
        env = {**os.environ, "HIGHROAD_STORE": store, "TERM": "xterm-256color"}
        for name in ("CI", "HIGHROAD_LOG", "VIRTUAL_ENV"):
            env.pop(name, None)
        words = [nox, "-s", "run", "--", "--params", SAMPLE]
        in_terminal(words, env)  # makes the environments, of which nothing is to be seen
        shown = in_terminal(words, env).replace(store, "store").splitlines()
        kept = [line for line in shown if not _ASIDE.match(_COLOUR.sub("", line))]
        record("nox -s run", "\n".join(kept), ASSETS / "first-run.svg")
        picture(browser, f"file://{store}/delays/08_reporting/report.html", ASSETS / "report.png")
        portal = subprocess.Popen(
            [HIGHROAD, "portal", "--port", "0"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert portal.stdout is not None
            address = portal.stdout.readline().split()[0].rstrip("/")
            for name, page in (("portal", ""), ("launch", "launch"), ("lineage", "lineage")):
                picture(browser, f"{address}/{page}", ASSETS / f"{name}.png")
        finally:
            portal.terminate()
            portal.wait()


main()
