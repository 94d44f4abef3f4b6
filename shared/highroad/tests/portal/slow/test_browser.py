"""The portal in a real browser: wide and narrow, light and dark, with keys alone and without a script."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from portal.test_pages import PAGES

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="THE PORTAL IS NOT LOOKED AT: no chromium here"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def address(repository: Path) -> Iterator[str]:
    """Where `highroad portal` says that it is."""
    highroad = Path(sys.executable).with_name("highroad")
    process = subprocess.Popen(
        [highroad, "portal", "--port", "0"], cwd=repository, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[0]
    process.terminate()
    process.wait()
    process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_every_page_is_accessible_fits_loads_nothing_from_elsewhere_and_logs_nothing(
    browser, address, width, scheme
):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    logged, requested = [], []
    page.on("console", lambda message: logged.append(message.text))
    page.on("pageerror", lambda error: logged.append(str(error)))
    page.on("request", lambda request: requested.append(request.url))
    for path in (*PAGES, "/launch?kind=model"):
        page.goto(f"{address.rstrip('/')}{path}")
        faults = Axe().run(page, options=RULES).response["violations"]
        assert not faults, (path, [(each["id"], each["nodes"][0]["html"]) for each in faults])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert not logged
    assert {url for url in requested if not url.startswith(address)} == set()
    page.close()


def unzipped(page: Page) -> dict[str, bytes]:
    """What a click on the first button brings."""
    with page.expect_download() as download:
        page.keyboard.press("Control+Enter")
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_project_is_launched_with_keys_alone(browser, address):
    page = browser.new_page()
    page.goto(f"{address}launch")
    page.get_by_label("Name").fill("arrivals")
    page.get_by_label("model a model").focus()
    page.keyboard.press("Space")
    reason = page.get_by_text("has too few numbers for a model").first
    reason.wait_for()  # the choice came back without the page being loaded again
    assert "kind=model" in page.url and page.get_by_label("counts.counts").is_disabled()
    files = unzipped(page)
    assert "arrivals.regressor" in files["projects/arrivals/README.md"].decode()
    page.keyboard.press("Control+Space")
    page.wait_for_url("**/explore?**")
    shown = page.locator("section pre").all_text_contents()
    assert [text.encode() for text in shown] == list(files.values())
    page.keyboard.press("Escape")
    page.wait_for_url("**/launch?**")
    assert page.get_by_label("Name").input_value() == "arrivals"
    page.keyboard.press("Control+k")
    page.keyboard.type("counts")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="counts.counts").first.wait_for()
    page.close()


def test_everything_works_without_a_script(browser, address):
    context = browser.new_context(java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("link", name="Launch a project").first.click()
    page.get_by_label("Name").fill("arrivals")
    page.get_by_label("counts.counts").check()
    page.get_by_role("button", name="Explore").click()
    assert "products/counts.counts" not in page.url and page.locator("section pre").count() > 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .zip").click()
    assert zipfile.is_zipfile(download.value.path())
    page.goto(f"{address}products")
    page.locator("#q").fill("nothing has these")
    page.locator("main").get_by_role("button", name="Search").click()
    assert page.get_by_text("No product has these words").is_visible()
    context.close()


def test_a_search_changes_the_list_as_it_is_typed(browser, address):
    page = browser.new_page()
    page.goto(f"{address}products")
    page.locator("#q").fill("nothing has these")
    page.get_by_text("No product has these words").wait_for()
    assert page.url.endswith("q=nothing+has+these") or "nothing%20has" in page.url
    page.close()


def test_the_commands_of_the_page_answer(address, tmp_path):
    with urllib.request.urlopen(f"{address}starter.tgz?name=arrivals&kind=model") as answer:
        subprocess.run(["tar", "xz"], input=answer.read(), cwd=tmp_path, check=True)
    assert (tmp_path / "projects" / "arrivals" / "pyproject.toml").is_file()
