"""The commands that the docs show, run as they are written."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from slow.repository import ROOT, SAMPLE, environment

from highroad.errors import EngineError
from highroad.releases.engine import find_engine
from highroad.releases.registry import Registry
from highroad.testing import registry
from highroad.testing.ports import free_port
from highroad_workspace.environments import find_uv

pytestmark = pytest.mark.pages


def commands_of(page: str) -> list[str]:
    """The shell commands a page of the docs shows, in order."""
    text = (ROOT / "docs" / "pages" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [line for block in blocks for line in block.splitlines() if line]


def follow(command: str, where: Path, env: dict[str, str]) -> str:
    """Run a command of the docs as it stands, with the nox of this environment."""
    nox = f"{shlex.quote(sys.executable)} -m nox"
    done = subprocess.run(
        command.replace(".venv/bin/nox", nox),
        shell=True,
        cwd=where,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are a shell's")
def test_a_new_project_is_one_in_every_session_and_in_the_plan(copy, tmp_path):
    env = environment(tmp_path / "store")
    making, producing, running = commands_of("how-to/add-a-project.md")
    made = follow(making, copy, env)
    assert "projects/arrivals is made" in made
    planned = follow(".venv/bin/nox -s plan -- HEAD", copy, env)
    plan = json.loads(planned[planned.index("{") :])
    assert "arrivals" in plan["reasons"] and "demand" not in plan["reasons"]
    jobs = {session for job in plan["matrix"]["include"] for session in job["session"].split("\n")}
    listed = json.loads(follow(".venv/bin/nox --list --json -t ci", copy, env))
    of_it = {each["session"] for each in listed if "'arrivals'" in each["session"]}
    of_another = {each["session"] for each in listed if "'demand'" in each["session"]}
    assert of_it == {each.replace("demand", "arrivals") for each in of_another}
    assert of_it and of_it <= jobs
    follow(producing, copy, env)
    follow(running, copy, env)
    metrics = json.loads(
        (tmp_path / "store" / "arrivals" / "08_reporting" / "metrics.json").read_text()
    )
    assert metrics["test"]["mae"] < metrics["test"]["mean_mae"]


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are a shell's")
def test_what_ran_is_shown_compared_traced_and_reproduced(copy, tmp_path):
    env = environment(tmp_path)
    del env["HIGHROAD_STORE"]  # the page names files of the store in the repository
    every, *options = SAMPLE[2].split(",")
    follow(f""".venv/bin/nox -s "run(project='flights')" -- --params {every}""", copy, env)
    for seed in (1, 2):
        words = f"{','.join(options)},train.seed={seed}"
        follow(f""".venv/bin/nox -s "run(project='delays')" -- --params {words}""", copy, env)
    listing, showing, comparing, product, file, again = [
        follow(command, copy, env)
        for command in commands_of("how-to/find-out-what-ran.md")
        if command.startswith(".venv/bin/nox")
    ]
    assert listing.count("delays") == 2 and listing.count("finished") == 3
    assert "flights.departures@pandas: delta 0" in showing and "metrics:" in showing
    assert "parameters: train.seed 1 → 2" in comparing
    for told in (product, file):
        assert "of delays, finished" in told and "source_flights, sha256" in told
    assert again.count(": identical") >= 5 and "differs" not in again
    models = [
        follow(command, copy, env)
        for command in commands_of("how-to/promote-a-model.md")
        if command.startswith(".venv/bin/nox")
    ]
    assert "delays.classifier@2  candidate" in models[0] and "| test.auc | 0." in models[1]
    assert "delays.classifier@1 is staging" in models[2] and "@1 is prod" in models[3]
    assert "delays.classifier@2 is staging" in models[4]
    assert "delays.classifier@1 is staging again; it was 2" in models[5]
    assert "staging promoted from 1 to 2" in models[6] and "rolled back from 2 to 1" in models[6]
    assert "source_flights, sha256" in models[7] and "delays.scores" in models[7]
    follow_serving(copy, env)
    everything, around, *drawn = [
        follow(command, copy, env) for command in commands_of("how-to/see-lineage.md")
    ]
    for told in (everything, around):
        assert re.search(r"wrote  flights\.departures .* → delays", told)
    assert "demand" not in around and "landed_fleet" in everything
    for name in ("lineage", "trace"):
        page = (copy / "dist" / f"{name}.html").read_text(encoding="utf-8")
        assert f"wrote dist/{name}.html" in "".join(drawn) and "delays.scores" in page


def follow_serving(copy: Path, env: dict[str, str]) -> None:
    """Serve the model, ask as the service says, trace the answer, and load it."""
    serving, loading = commands_of("how-to/serve-a-model.md")
    words = shlex.split(serving.replace(".venv/bin/nox", f"{sys.executable} -m nox"))
    service = subprocess.Popen(
        [*words, "--", "--port", str(free_port())], cwd=copy, env=env, text=True, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert service.stdout is not None
        asking = next(line for line in service.stdout if line.startswith("curl"))
        answer = json.loads(
            follow(asking.replace("curl", "curl --retry 60 --retry-connrefused"), copy, env)
        )
        (made,) = answer["predictions"]
        assert 0 < made["probability"] < 1 and answer["version"] == 2
    finally:
        os.killpg(service.pid, signal.SIGTERM)
        service.communicate()
    traced = follow(f".venv/bin/nox -s trace -- {made['id']}", copy, env)
    assert "request: local_hour" in traced and "delays.classifier@2" in traced
    assert "source_flights, sha256" in traced
    loaded = follow(loading, copy, env)
    assert "answers a CPU-second" in loaded and loaded.count("errors 0, lost 0") == 2


def test_a_new_session_is_in_the_menu_and_runs(copy, tmp_path):
    page = (ROOT / "docs" / "pages" / "how-to" / "add-a-session.md").read_text(encoding="utf-8")
    (session,) = re.findall(r"```python\n(.*?)```", page, re.S)
    noxfile = copy / "noxfile.py"
    with noxfile.open("a", encoding="utf-8") as file:  # the end is where one would write it
        file.write(f"\n\n{session}")
    env = environment(tmp_path)
    assert "versions(project='demand')" in follow(".venv/bin/nox --list", copy, env)
    told = follow(""".venv/bin/nox -s "versions(project='demand')\"""", copy, env)
    assert "kedro 1." in told
    plan = json.loads(follow(".venv/bin/nox -s plan -- HEAD", copy, env))
    assert "versions demand" in {job["name"] for job in plan["matrix"]["include"]}


def test_the_tutorial_can_be_followed(tmp_path):
    commands = commands_of("tutorial/first-run.md")
    assert len(commands) >= 6
    store = tmp_path / "store"
    less = {
        "-s run": " ".join(SAMPLE),
        "run(project='delays')": " ".join(SAMPLE),
        "test(project='delays')": "-- tests/test_known.py",
    }
    for command in commands:
        # .ci/run does all that the first command and the last session say; here what follows the
        # environment, on a sample.
        command = command.rpartition("&& ")[2]
        more = [words for name, words in less.items() if name in command]
        follow(" ".join([command, *more]), ROOT, environment(store))
    text = (ROOT / "docs" / "pages" / "tutorial" / "first-run.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w.-]+/[\w./-]*\w)`", text)
    assert {name.partition("/")[0] for name in named} == {"store", "projects"}
    missing = [
        name
        for name in named
        if not (tmp_path if name.startswith("store/") else ROOT).joinpath(name).exists()
    ]
    assert not missing


BLOCK = re.compile(r'^```(?:sh|\w+ title="(?P<file>[^"]+)")\n(?P<text>.*?)^```', re.S | re.M)


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are a shell's")
def test_the_data_scientists_tutorial_can_be_followed_line_by_line(copy, tmp_path):
    env = environment(tmp_path)
    del env["HIGHROAD_STORE"]  # the page names files of the store in the repository
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": "a", f"GIT_{role}_EMAIL": "a@example.com"}
    page = (ROOT / "docs" / "pages" / "tutorial" / "data-scientist.md").read_text(encoding="utf-8")
    said = ""
    for block in BLOCK.finditer(page):
        if block["file"]:
            (copy / block["file"]).write_text(block["text"], encoding="utf-8")
            continue
        for command in block["text"].splitlines():
            if not command.startswith("python3 -m venv"):  # as all pages begin
                said += follow(command.replace(".venv/bin/uv", str(find_uv())), copy, env)
    assert (copy / "store" / "punctuality" / "by_carrier.csv").is_file()
    assert "punctuality.by_carrier" in said.partition("complaints is made")[2]
    assert re.search(r"^punctuality +(silver|gold)", said, re.M)


REGISTRY = """\
from kedro.pipeline import Pipeline, node


def double(number):
    return {"twice": 2 * number}


def register_pipelines():
    return {"__default__": Pipeline([node(double, "params:number", "doubled")])}
"""

TEST_OF_IT = """\
from churn.pipeline_registry import double


def test_it_doubles():
    assert double(3) == {"twice": 6}
"""


def test_a_project_from_elsewhere_comes_in_as_the_page_says(copy, tmp_path):
    env = environment(tmp_path / "store")
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": "a", f"GIT_{role}_EMAIL": "a@example.com"}
    kedro = Path(sys.executable).with_name("kedro")
    words = [
        "new",
        "--name",
        "churn",
        "--tools",
        "lint,test",
        "--example",
        "n",
        "--telemetry",
        "no",
    ]
    subprocess.run([kedro, *words], cwd=tmp_path, env=env, check=True, capture_output=True)
    elsewhere = (tmp_path / "churn").rename(copy.parent / "churn-project")
    (elsewhere / "src/churn/pipeline_registry.py").write_text(REGISTRY)
    (elsewhere / "conf/base/parameters.yml").write_text("number: 3\n")
    (elsewhere / "tests/test_run.py").write_text(TEST_OF_IT)
    adopting, diff, switch, sessions = commands_of("how-to/adopt-a-project.md")
    assert "churn  bronze; for silver:" in follow(adopting, copy, env)
    assert '+conformance = "bronze"' in follow(diff, copy, env)
    follow(switch, copy, env)
    follow(sessions, copy, env)


def test_projects_are_upgraded_as_the_page_says(copy, tmp_path):
    env = environment(tmp_path)
    report, upgraded = (
        follow(command, copy, env) for command in commands_of("how-to/upgrade-projects.md")
    )
    assert "pristine  src/delays/settings.py" in report and "stale" not in report
    assert "Nothing to do" in upgraded


def test_conformance_is_looked_at_as_the_page_says(copy, tmp_path):
    env = environment(tmp_path)
    (copy / "dist").mkdir(exist_ok=True)
    levels, every, sarif, plain, owners = (
        follow(command, copy, env) for command in commands_of("how-to/conform.md")
    )
    assert "silver; for gold:" in levels and "pass     lock-is-current" in every
    assert json.loads((copy / "dist" / "conform.sarif").read_text())["version"] == "2.1.0" and sarif
    assert '"outcome": "pass"' in plain and "/projects/delays/" in owners


def test_who_may_see_what_is_looked_at_as_the_page_says(copy, tmp_path):
    env = environment(tmp_path)
    own, of_anna, why, changes, grant, reads = (
        follow(command, copy, env) for command in commands_of("how-to/decide-who-sees-what.md")
    )
    assert "flights.departures" in own and "describe, read, publish, administer" in of_anna
    assert "anna may read flights.departures: access/flights.yml:" in why
    assert "nobody gains or loses anything since HEAD" in changes
    assert "# platform-conf/access/flights.departures.yml" in grant and "may: publish" in grant
    assert reads.splitlines()[0].split() == [
        "began",
        "principal",
        "project",
        "run",
        "version",
        "grants",
    ]


def test_an_image_is_built_looked_into_and_run_as_the_page_says(tmp_path):
    try:
        find_engine()
    except EngineError as error:
        pytest.skip(f"THE PAGE ON IMAGES IS NOT FOLLOWED: {error}")
    programs = [ROOT / "projects" / "flights" / ".venv" / "bin", Path(sys.executable).parent]
    env = environment(tmp_path)
    env["PATH"] = os.pathsep.join([*map(str, programs), env["PATH"]])
    base, containerize, build, run, cmd = commands_of("how-to/build-an-image.md")
    follow(base, ROOT, env)
    assert "flights: finished in its image" in follow(containerize, ROOT, env)
    found = json.loads((ROOT / "dist" / "images" / "flights" / "report.json").read_text())
    assert found["faults"] == [] and "\nflights sha256:" in follow(build, ROOT, env)
    sbom = json.loads((ROOT / "dist" / "images" / "flights" / "sbom.cdx.json").read_text())
    assert {"pandas", "highroad", "bash"} <= {each["name"] for each in sbom["components"]}
    follow(run, ROOT, env)
    assert (tmp_path / "products" / "flights.departures" / "_delta_log").is_dir()
    assert "highroad, version" in follow(cmd, ROOT, env)


@pytest.fixture
def images_registry(tmp_path):
    """The variable that names a registry; nothing where none is installed."""
    if not registry.is_installed():
        yield {}
        return
    with registry.serving(tmp_path / "registry") as host:
        yield {"HIGHROAD_REGISTRY": f"{host}/team"}


def test_a_release_is_made_deployed_and_run_as_the_pages_say(copy, tmp_path, images_registry):
    try:
        find_engine()
    except EngineError as error:
        pytest.skip(f"THE PAGES ON RELEASES AND DEPLOYMENTS ARE NOT FOLLOWED: {error}")
    env = environment(tmp_path / "store") | {"HIGHROAD_SCOPE": f"highroad-page-{os.getpid()}"}
    env |= images_registry
    (tmp_path / "store").mkdir()
    releasing, listing, showing, verifying = [
        follow(command, copy, env) for command in commands_of("how-to/make-a-release.md")
    ]
    made = re.search(r"flights [\d.]+: release ([0-9a-f]{64})", releasing)
    assert made
    id_ = made[1][:12]
    assert id_ in listing and f"release {made[1]}" in showing
    assert "passed: catalog, conform, containerize, test, typecheck" in showing
    assert f"is what its id {id_} says" in verifying and "signature: none" in verifying
    if images_registry:
        assert "both as they were put there" in verifying
    *pages, drill = commands_of("how-to/deploy-a-release.md")
    assert "drill" in drill  # a session of CI by itself
    try:
        staging, prod, there, ledger, ran, whole = [follow(command, copy, env) for command in pages]
    finally:
        left = engine_ps("-aq", "--filter", f"label=highroad.scope={env['HIGHROAD_SCOPE']}")
        subprocess.run(["docker", "rm", "-f", *left.split()], check=True, capture_output=True)
    assert f"staging: flights 0.1.0, release {id_}" in staging
    assert f"prod: flights 0.1.0, release {id_}" in prod
    assert re.search(rf"flights +{id_} +{id_}", there) and "prod (docker)" in there
    assert ledger.count(" done ") == 2 and "the new weather" in ledger
    assert "flights: ran in prod, 0" in ran
    assert "ledger verified, rows: 4" in whole
    if host := images_registry.get("HIGHROAD_REGISTRY"):
        at = Registry(f"{host}/flights")
        assert at.digest_of("staging") == at.digest_of("prod") is not None
        fetch = f".venv/bin/nox -s releases -- fetch {made[1]} --project flights"
        elsewhere = env | {"HIGHROAD_RECORDS": f"sqlite:///{tmp_path}/elsewhere.db"}
        assert made[1] in follow(fetch, copy, elsewhere)


@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are a shell's")
def test_tasks_are_shown_and_a_dag_is_written_as_the_page_says(copy, tmp_path):
    env = environment(tmp_path / "store")
    tasks, rehearsal, dag = commands_of("how-to/run-on-airflow.md")
    assert "airflow" in rehearsal  # a session of CI by itself
    shown = follow(tasks, copy, env)
    assert "prod: 3 tasks" in shown and "score, after train" in shown
    follow(dag, copy, env)
    text = (copy / "dags" / "flights-base.py").read_text(encoding="utf-8")
    assert "BashOperator" in text and "--nodes clean_flights" in text


def engine_ps(*words: str) -> str:
    return find_engine().call("ps", *words)
