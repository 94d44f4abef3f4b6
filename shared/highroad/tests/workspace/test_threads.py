"""How many native threads a process gets and how they wait."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from highroad.cli.commands import cli
from highroad.config.explain import explain_threads
from highroad.errors import ConfigError
from highroad_workspace import threads
from highroad_workspace.threads import (
    COUNTS,
    MARK,
    PER_THREAD,
    POLICY,
    WAITS,
    cpu_quota,
    prepare,
    variables,
)

NAMES = (*WAITS, *COUNTS)


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, POLICY, MARK, "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    def be(cores: int, quota: float | None = None) -> None:
        monkeypatch.setattr(threads, "usable_cores", lambda: cores)
        monkeypatch.setattr(threads, "cpu_quota", lambda: quota)

    return be


environments = st.dictionaries(
    st.sampled_from([*NAMES, POLICY]), st.sampled_from(["", "1", "3", "PASSIVE"])
)


@settings(deadline=None)
@given(
    environ=environments,
    cores=st.integers(1, 256),
    quota=st.none() | st.floats(0.01, 300),
    workers=st.integers(1, 64),
    are_threads=st.booleans(),
)
def test_the_user_wins_and_counts_fit_the_machine(environ, cores, quota, workers, are_threads):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "usable_cores", lambda: cores)
        patch.setattr(threads, "cpu_quota", lambda: quota)
        added = variables(environ, workers, are_threads)
        chosen = {name for name, value in environ.items() if value}
        assert not chosen & set(added)
        assert POLICY not in chosen or not set(added) & set(WAITS)
        limit = min(cores, quota or cores)
        for name in set(COUNTS) & set(added):
            assert 1 <= int(added[name]) <= max(1, limit)
        # A child gets the same, and one that shares with others no more.
        inherited = environ | added
        assert variables(inherited) == added
        for name, value in variables(inherited, 2).items():
            assert name not in COUNTS or int(value) <= int(added.get(name, cores))


@pytest.mark.parametrize(
    ("cores", "quota", "workers", "expected"),
    [
        (8, None, 1, None),  # libraries count by themselves
        (8, 16, 1, None),
        (2, 1.5, 1, "1"),  # two threads of 1.5 cores wait for each other
        (8, 4.0, 1, "4"),
        (2, 0.2, 1, "1"),
        (9, None, 3, "3"),
        (8, 6.0, 2, "3"),
        (2, None, 8, "1"),
    ],
)
def test_counts_follow_cores_quota_and_workers(machine, cores, quota, workers, expected):
    machine(cores, quota)
    added = variables({}, workers)
    assert [added.get(name) for name in COUNTS] == [expected, expected]


def test_a_second_openmp_thread_is_not_worth_its_barriers(machine):
    machine(2)
    assert variables({})["OMP_NUM_THREADS"] == "1" and "POLARS_MAX_THREADS" not in variables({})
    machine(8)
    assert variables({}, 4)["OMP_NUM_THREADS"] == "1"
    assert variables({}, 4)["POLARS_MAX_THREADS"] == "2"


def test_threads_of_one_process_share_its_pools(machine):
    machine(8)
    added = variables({}, 8, are_threads=True)
    assert added["OMP_NUM_THREADS"] == "1" and "POLARS_MAX_THREADS" not in added


def test_a_process_of_a_worker_keeps_the_workers_share(machine):
    machine(8)
    worker = variables({}, 2)
    assert variables(worker)["OMP_NUM_THREADS"] == "4"
    assert variables({**worker, "OMP_NUM_THREADS": "5"}).get("OMP_NUM_THREADS") is None


def test_a_policy_set_later_is_not_overruled(monkeypatch):
    for name, value in variables({}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(POLICY, "ACTIVE")
    prepare()
    assert not set(WAITS) & set(os.environ)


def group(root: Path, name: str, **files: str) -> None:
    folder = root / "sys/fs/cgroup" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (folder / file.replace("__", ".")).write_text(text)


@pytest.mark.parametrize(
    ("own", "groups", "expected"),
    [
        ("0::/", {"": {"cpu__max": "150000 100000\n"}}, 1.5),
        ("0::/", {"": {"cpu__max": "max 100000\n"}}, None),
        ("0::/a/b", {"a": {"cpu__max": "100000 100000\n"}, "a/b": {"cpu__max": "max 100000"}}, 1.0),
        ("0::/a", {"": {}, "a": {"cpu__max": "not a number\n"}}, None),
        ("4:cpu,cpuacct:/", {"cpu": {"cpu__cfs_quota_us": "50000", "cpu__cfs_period_us": "100000"}}, 0.5),
        ("4:cpu:/host/id", {"cpu": {"cpu__cfs_quota_us": "50000", "cpu__cfs_period_us": "100000"}}, 0.5),
        ("4:cpu:/", {"cpu": {"cpu__cfs_quota_us": "-1", "cpu__cfs_period_us": "100000"}}, None),
        ("3:cpuset:/", {"cpu": {"cpu__cfs_quota_us": "50000", "cpu__cfs_period_us": "100000"}}, None),
    ],
)  # fmt: skip
def test_the_quota_is_the_least_of_all_groups(tmp_path, own, groups, expected):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(f"{own}\n2:memory:/x\n")
    for name, files in groups.items():
        group(tmp_path, name, **files)
    assert cpu_quota(tmp_path) == expected


def test_without_control_groups_there_is_no_quota(tmp_path):
    assert cpu_quota(tmp_path) is None


def test_explain_says_who_decided(machine, monkeypatch):
    machine(2, 1.5)
    monkeypatch.setenv("POLARS_MAX_THREADS", "7")
    lines = explain_threads().splitlines()
    assert f"threads.GOMP_SPINCOUNT = {WAITS['GOMP_SPINCOUNT']}" in lines
    assert lines[-4:] == [
        "threads.OMP_NUM_THREADS = 1",
        "  from the platform (2 cores, CPU quota 1.5)",
        "threads.POLARS_MAX_THREADS = 7",
        "  from the user (set in the environment)",
    ]
    assert explain_threads("OMP_NUM_THREADS").splitlines() == lines[-4:-2]
    with pytest.raises(ConfigError, match="Did you mean 'OMP_NUM_THREADS'"):
        explain_threads("OMP_NUM_THREAD")


def test_the_command_needs_no_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["config", "explain", "threads.OMP_NUM_THREADS"])
    assert done.exit_code == 0 and done.output.startswith("threads.OMP_NUM_THREADS = ")


SHOWS = """
import ctypes, sys
from pathlib import Path
from kedro.pipeline import node, pipeline

SITE = Path({site!r})
# The runtime says what it read when it was loaded.
ctypes.CDLL(str(next(SITE.glob("scikit_learn.libs/libgomp*"))))

def register_pipelines():
    return {{"__default__": pipeline([node(lambda: 1, None, "one")])}}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="scikit-learn brings GNU's runtime on Linux")
@pytest.mark.parametrize("runner", ["SequentialRunner", "ThreadRunner"])
def test_the_openmp_runtime_of_a_plain_kedro_run_has_read_it(platform, runner):
    import sklearn

    package = platform.parent / "projects" / "shows" / "src" / "shows"
    package.mkdir(parents=True)
    for name, text in {
        "../../pyproject.toml": "[tool.kedro]\npackage_name = 'shows'\nproject_name = 'shows'\n"
        "kedro_init_version = '1.7.0'\nsource_dir = 'src'\n",
        "../../conf/base/catalog.yml": "{}\n",
        "../../conf/local/catalog.yml": "{}\n",
        "__init__.py": "",
        "settings.py": "",
        "pipeline_registry.py": SHOWS.format(site=str(Path(sklearn.__file__).parents[1])),
    }.items():
        (package / name).resolve().parent.mkdir(parents=True, exist_ok=True)
        (package / name).resolve().write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--runner", runner],
        cwd=package.parents[1],
        env={**os.environ, "OMP_DISPLAY_ENV": "VERBOSE", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"GOMP_SPINCOUNT = '{WAITS['GOMP_SPINCOUNT']}'" in done.stderr
    own = variables({}, threads.usable_cores() if runner == "ThreadRunner" else 1, True)
    assert f"OMP_NUM_THREADS = '{own.get(PER_THREAD, threads.usable_cores())}'" in done.stderr


def test_workers_of_tests_divide_the_cores(tmp_path):
    (tmp_path / "conftest.py").write_text("import json, os\nAT_ONCE = dict(os.environ)\n")
    (tmp_path / "test_it.py").write_text(
        "import conftest, json, pathlib\n"
        "def test_it(tmp_path):\n"
        f"    pathlib.Path({str(tmp_path / 'seen')!r}).write_text(json.dumps(conftest.AT_ONCE))\n"
    )
    workers = threads.usable_cores()
    words = [
        "-m",
        "pytest",
        "-q",
        "-n",
        str(workers),
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [sys.executable, *words, str(tmp_path)], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
    seen = json.loads((tmp_path / "seen").read_text())
    assert seen["OMP_NUM_THREADS"] == "1" or workers == 1
    assert seen["GOMP_SPINCOUNT"] == WAITS["GOMP_SPINCOUNT"]


def test_what_starts_early_is_registered_with_kedro():
    (init,) = (each for each in entry_points(group="kedro.init") if each.name == "highroad")
    assert init.load() is prepare
