"""What a person sees of a run: its log, its errors, its table. Every run is a real one."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import write
from filelock import FileLock
from processes import run_clean

from highroad.cli.summary import summaries, table
from highroad.config.platform import load_platform
from highroad.tracking.reading import RecordReader
from highroad.tracking.writing import writer_of

SECRET = "swordfish-in-a-barrel"  # pragma: allowlist secret
REGISTRY = f"""
import logging
import os
import time
import pandas as pd
from kedro.pipeline import node, pipeline

logger = logging.getLogger("highroad.demo")

def make():
    logger.info("connecting with {SECRET}", extra={{"fields": {{"to": {{"key": "{SECRET}"}}}}}})
    assert "{SECRET}" not in str(os.environ)
    return pd.DataFrame({{"a": range(1000)}})

def count(frame):
    logger.info("counting with {SECRET}")
    return {{"rows": len(frame)}}

def render(metrics):
    return "<p>" + str(metrics["rows"])

def read(parts):
    return parts["m1"]()

def big():
    return "x" * 3_000_000

def broken_parts():
    def part():
        raise ValueError("m1, row 3: found 'x'; expected a number")
    return {{"m1": part}}

def refuse(frame):
    raise ValueError("row 7: found 3; expected less than 2")

def wait(seconds: float):
    time.sleep(seconds)

def surprise(frame):
    raise KeyError("nobody expected this")

def register_pipelines():
    good = pipeline([node(make, None, "table", name="make"), node(count, "table", "metrics", name="count")])
    reported = good + pipeline([node(render, "metrics", "report", name="render")])
    one = lambda *what, **more: pipeline([node(*what, **more)])
    return {{
        "__default__": good,
        "reported": reported,
        "read": one(read, "parts", "never", name="read"),
        "slow": good + one(wait, "params:seconds", None, name="wait"),
        "big": one(big, None, "page", name="big"),
        "parts": one(broken_parts, None, "parts", name="parts"),
        "refuse": good + one(refuse, "table", "never", name="refuse"),
        "surprise": good + one(surprise, "table", "never", name="surprise"),
    }}
"""
CATALOG = """
table: {type: pandas.ParquetDataset, filepath: "${platform:store}/demo/table.parquet"}
metrics:
  type: json.JSONDataset
  filepath: ${platform:store}/demo/metrics.json
  metadata: {highroad: {metrics: true}}
report:
  type: text.TextDataset
  filepath: ${platform:store}/demo/report.html
  metadata: {highroad: {report: true}}
page: {type: text.TextDataset, filepath: "${platform:store}/demo/page.html"}
parts:
  type: partitions.PartitionedDataset
  path: ${platform:store}/demo/parts
  filename_suffix: .csv
  dataset: pandas.CSVDataset
"""
LOGGING = """
version: 1
disable_existing_loggers: false
formatters: {highroad: {class: highroad.logs.Formatter}}
handlers: {console: {class: highroad.logs.Console, formatter: highroad}}
loggers:
  kedro: {level: WARNING}
  kedro.framework.session: {level: INFO}
  highroad: {level: INFO}
root: {level: WARNING, handlers: [console]}
"""
PARALLEL = """
import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    from pathlib import Path
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project
    from kedro.runner import ParallelRunner
    bootstrap_project(Path.cwd())
    with KedroSession.create(project_path=Path.cwd()) as session:
        try:
            session.run(runner=ParallelRunner(max_workers=1), pipeline_names=[sys.argv[2]])
        except Exception as error:
            print("NOTES", error.__notes__)
"""
RUNNER = """
from highroad.runners import LinearRunner

class LoudRunner(LinearRunner):
    def run(self, *args, **kwargs):
        print("LOUD")
        return super().run(*args, **kwargs)
"""


@pytest.fixture
def project(platform) -> Path:
    path = platform / "platform.yml"
    path.write_text(path.read_text() + "runner: demo.runner.LoudRunner\n")
    folder = platform.parent / "projects" / "demo"
    write(
        folder / "pyproject.toml",
        '[project]\nname = "demo"\n[tool.kedro]\npackage_name = "demo"\nproject_name = "demo"\n'
        'kedro_init_version = "1.7.0"\nsource_dir = "src"\n'
        '[tool.highroad]\ndescription = "d"\nowner = "o"\nkind = "model"\n',
    )
    write(folder / "src" / "demo" / "__init__.py", "")
    settings = "from highroad.config import PlatformConfigLoader\nCONFIG_LOADER_CLASS = PlatformConfigLoader\n"
    write(folder / "src" / "demo" / "settings.py", settings)
    write(folder / "src" / "demo" / "runner.py", RUNNER)
    write(folder / "parallel.py", PARALLEL)
    write(platform / "base" / "logging.yml", LOGGING)
    write(folder / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(folder / "conf" / "base" / "catalog.yml", CATALOG)
    write(folder / "conf" / "base" / "parameters.yml", "seconds: 2.5\n")
    write(folder / "conf" / "local" / "credentials.yml", f"warehouse: {{password: {SECRET}}}\n")
    return folder


def kedro(project: Path, *words: str, limit: int | None = None, **env: str):
    return command(project, "-m", "kedro", "run", *words, limit=limit, **env)


def command(project: Path, *words: str, limit: int | None = None, **env: str):
    def limited() -> None:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit or 0, limit or 0))

    return run_clean([sys.executable, *words], project, limited if limit else None, **env)


def told(done) -> list[str]:
    """What a terminal showed, without the times."""
    return [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in done.stderr.splitlines()]


def run_json(project: Path) -> dict:
    return json.loads((project.parents[1] / "store" / "runs" / "demo" / "run.json").read_text())


def test_the_platforms_runner_json_lines_and_hidden_credentials(project):
    done = kedro(project, HIGHROAD_LOG="json")
    assert done.returncode == 0, done.stderr
    assert "LOUD" in done.stdout and SECRET not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any(line["message"] == "connecting with ***" for line in lines)
    assert {"key": "***"} in [line.get("to") for line in lines]
    # platform-conf's logging.yml is in force without any session around the command
    assert any(line["logger"].startswith("kedro.framework.session") for line in lines)
    nodes = {line["node"]: line for line in lines if "node" in line}
    assert nodes.keys() == {"make", "count"} and nodes["make"]["rows_written"] == 1000
    assert nodes["count"]["rows_read"] == 1000 and nodes["count"]["seconds"] >= 0
    begin, end = (line for line in lines if line["logger"] == "highroad.run" and "node" not in line)
    for line in (begin, end):
        assert line["project"] == "demo" and line["environment"] == "local" and line["nodes"] == 2
    assert begin["run"] == end["run"] == run_json(project)["run"] and len(end["run"]) == 32
    assert end["status"] == "finished" and end["rows_written"] == 1000


def test_json_lines_of_a_failed_run_are_json_to_the_last(project):
    done = kedro(project, "--pipelines", "refuse", HIGHROAD_LOG="json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[-2]["status"] == "failed" and lines[-1]["level"] == "error"
    assert lines[-1]["message"] == "node 'refuse': row 7: found 3; expected less than 2"


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_children_hide_count_and_report(project, method):
    # The address of a Unix socket has 108 bytes at most, and pytest's folders have long names.
    with tempfile.TemporaryDirectory() as temporary:
        done = command(project, "parallel.py", method, "reported", TMPDIR=temporary)
        left = list(Path(temporary).glob("highroad-run-*"))
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stderr + done.stdout
    # Several tasks of one child: Kedro configures the logs of a spawned child for each.
    assert "connecting with ***" in done.stderr and "counting with ***" in done.stderr
    assert "1/3 make" in told(done)
    made = run_json(project)
    assert [node["name"] for node in made["nodes"]] == ["make", "count", "render"]
    assert made["metrics"] == {"metrics": {"rows": 1000}} and made["rows_written"] == 1000
    assert made["report"].endswith("demo/report.html")
    assert not left


def test_a_failure_in_a_child_has_its_place(project):
    done = command(project, "parallel.py", "spawn", "parts")
    assert "NOTES [\"node 'parts', saving 'parts'\"]" in done.stdout, done.stderr
    assert run_json(project)["error"].startswith("node 'parts', saving 'parts': m1, row 3")


@pytest.mark.parametrize(
    ("pipeline", "lines"),
    [
        (
            "parts",
            [
                "1/1 parts",
                "error: node 'parts', saving 'parts': m1, row 3: found 'x'; expected a number",
            ],
        ),
        (
            "read",
            [
                "1/1 read",
                "error: node 'read': Error tokenizing data. C error: Expected 1 fields in line 3, saw 2",
            ],
        ),
        ("refuse", ["1/3 make", "error: node 'refuse': row 7: found 3; expected less than 2"]),
    ],
)
def test_bad_data_is_one_message_with_its_place(project, pipeline, lines):
    write(project.parents[1] / "store" / "demo" / "parts" / "m1.csv", "a\n1\n2,3\n")
    done = kedro(project, "--pipelines", pipeline)
    assert done.returncode == 8
    shown = [line for line in told(done) if "***" not in line and "Kedro project" not in line]
    if pipeline == "refuse":  # how many of the three lines of progress show depends on the speed
        shown = [shown[0], *(line for line in shown[1:] if not re.match(r"\d/3 ", line))]
    assert shown == lines, done.stderr


def test_a_pipeline_that_does_not_exist_is_a_failed_run_and_replaces_no_summary(project):
    assert kedro(project).returncode == 0
    before = run_json(project)
    done = kedro(project, "--pipelines", "nope")
    assert done.returncode == 4 and "Traceback" not in done.stderr
    assert "error: Failed to find the pipeline named 'nope'" in done.stderr
    assert run_json(project) == before and before["status"] == "finished"
    root = project.parents[1]
    writer = writer_of(load_platform(root / "platform-conf"), "base", root)
    last = RecordReader(writer.database).find("demo")
    assert last.status == "failed" and "nope" in str(last.error)


def test_kedros_other_commands_have_one_message_too(project):
    done = command(project, "-m", "kedro", "catalog", "describe-datasets", "-e", "prdo")
    assert done.returncode == 4 and "Traceback" not in done.stderr + done.stdout
    assert told(done) == ["error: No environment 'prdo'. Did you mean 'prod'? Known: base, prod and local."]  # fmt: skip
    done = command(project, "-m", "kedro", "catalog", "-v", "describe-datasets", "-e", "prdo")
    assert done.returncode == 4 and "Traceback" in done.stderr
    done = command(project, "-m", "kedro", "catalog", "describe-datasets")
    assert done.returncode == 0 and "ParquetDataset" in done.stdout
    helped = command(project, "-m", "kedro", "--help").stdout
    assert helped.count("\n  catalog ") == 1


def test_the_packaged_project_runs_as_kedro_run_does(project):
    root = Path(__file__).parents[5]
    starts = {path.read_text() for path in root.glob("projects/*/src/*/__main__.py")}
    texts = {re.sub(r"python -m \w+", "python -m demo", text) for text in starts}
    assert len(texts) == 1  # every project starts alike
    write(project / "src" / "demo" / "__main__.py", texts.pop())
    shown = command(project, "-m", "demo", "--help", PYTHONPATH="src")
    assert shown.returncode == 0 and "--verbose" in shown.stdout and "--params" in shown.stdout
    assert shown.stdout.startswith("Usage: demo")  # nothing of Kedro's before it
    done = command(project, "-m", "demo", "--pipelines", "refuse", PYTHONPATH="src")
    assert done.returncode == 8 and "LOUD" in done.stdout
    assert told(done)[-1] == "error: node 'refuse': row 7: found 3; expected less than 2"


def test_a_surprise_names_its_node_and_says_how_to_see_more(project):
    done = kedro(project, "--pipelines", "surprise")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "error: node 'surprise': KeyError: 'nobody expected this'" in done.stderr
    assert done.stderr.splitlines()[-1] == "Run again with --verbose for the traceback."
    assert "Traceback" in kedro(project, "--pipelines", "surprise", "--verbose").stderr


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_full_disk_is_one_message_and_leaves_the_old_file(project):
    page = write(project.parents[1] / "store" / "demo" / "page.html", "old")
    done = kedro(project, "--pipelines", "big", limit=1_000_000)
    assert done.returncode == 8 and "Traceback" not in done.stderr
    assert told(done)[-1].startswith("error: node 'big', saving 'page': [Errno 27] File too large")
    assert told(done)[-1].endswith("Make room, or name another HIGHROAD_STORE, and run again.")
    assert len([line for line in told(done) if "big" in line]) == 2  # its progress, its error
    assert page.read_text() == "old" and not list(page.parent.glob(".*.partial"))


def test_a_summary_that_cannot_be_written_changes_no_outcome(project):
    runs = project.parents[1] / "store" / "runs"
    write(runs, "a file where the folder should be")
    write(runs.with_name(".locks"), "here, too")
    done = kedro(project)
    assert done.returncode == 0 and "summary could not be written" in done.stderr
    assert "goes on without its lock" in done.stderr
    done = kedro(project, "--pipelines", "refuse")
    assert done.returncode == 8 and done.stderr.splitlines()[-1].startswith("error: node 'refuse'")


def test_the_table_tells_finished_failed_and_interrupted_apart(project):
    root = project.parents[1]
    assert kedro(project).returncode == 0
    (row,) = summaries(root)
    assert row["status"] == "finished" and row["rows_written"] == 1000 and row["all_written"]
    assert kedro(project, "--pipelines", "refuse").returncode == 8
    shown = table(summaries(root), root).splitlines()
    assert shown[-1] == "demo failed: node 'refuse': row 7: found 3; expected less than 2"
    assert "report store/runs/demo/run.html" in shown[-3]
    path = root / "store" / "runs" / "demo" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "status": "running"}))
    assert summaries(root)[0]["status"] == "interrupted"
    with FileLock(root / "store" / ".locks" / "demo.lock"):
        assert summaries(root)[0]["status"] == "running"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_a_terminal_has_one_live_line_in_plain_words_in_a_container_too(project):
    import pty

    assert kedro(project, "--pipelines", "reported").returncode == 0
    path = project.parents[1] / "store" / "runs" / "demo" / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 1000.0}))
    master, terminal = pty.openpty()
    words = [sys.executable, "-m", "kedro", "run", "--pipelines", "slow"]
    env = {
        "DO_NOT_TRACK": "1",
        "CI": "true",
        "HOME": os.environ["HOME"],
        "PATH": os.environ["PATH"],
    }
    subprocess.run(
        words, cwd=project, stderr=terminal, stdout=subprocess.DEVNULL, env=env, check=True
    )
    os.close(terminal)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert "\r\x1b[K" in shown and '"level"' not in shown
    assert re.search(r"\d/3 wait: 1 s, about 99\d s left", shown), shown
