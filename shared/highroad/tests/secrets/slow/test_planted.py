"""Secrets of every kind, planted wherever a run meets text, are in nothing that the run leaves."""

from __future__ import annotations

import json
import subprocess
import zlib
from pathlib import Path

import pytest
from conftest import write
from hooks.conftest import demo
from hooks.demo import kedro

from ..samples import FORMS, kinds, unformatted

REGISTRY = """
import json, logging, os, warnings
from pathlib import Path
import pandas as pd
from kedro.pipeline import node, pipeline

PLANTED = json.loads(Path(os.environ["PLANTED"]).read_text())

def make():
    return pd.DataFrame({"a": PLANTED["data"]})

def leak(frame, parameters):
    for text in PLANTED["warnings"]:
        warnings.warn(text, stacklevel=2)
    for text in PLANTED["logs"]:
        logging.getLogger("highroad.demo").warning(text)
    logging.getLogger("highroad.demo").info("url %s", PLANTED["urls"])
    logging.getLogger("highroad.demo").warning("the row is %r, of %s", frame.to_dict("list"), os.environ["DB_PASSWORD"])
    try:
        raise KeyError(PLANTED["exceptions"])
    except KeyError as error:
        raise ValueError("\\n".join(PLANTED["exceptions"])) from error

def register_pipelines():
    return {"__default__": pipeline([
        node(make, None, "table", name="make"),
        node(leak, ["table", "parameters"], "never", name="leak"),
    ])}
"""
PLACES = (
    "parameters",
    "keys",
    "urls",
    "data",
    "exceptions",
    "warnings",
    "logs",
    "comments",
    "options",
    "commits",
)


def planted(seed: int) -> dict[str, list[str]]:
    """Every kind and every form at every place, no two the same."""
    texts = {}
    for number, place in enumerate(PLACES):
        own = seed + 1000 * number
        texts[place] = [f"about {secret}" for secret in kinds(own).values()]
        texts[place] += [form.format(unformatted(own + i)) for i, form in enumerate(FORMS.values())]
    return texts


def secrets_of(seed: int) -> set[str]:
    found = set()
    for number in range(len(PLACES)):
        own = seed + 1000 * number
        found |= {line for secret in kinds(own).values() for line in secret.splitlines()[:2]}
        found |= {unformatted(own + i) for i in range(len(FORMS))}
    return {each for each in found if "KEY-----" not in each}


@pytest.mark.parametrize("log", ["plain", "json"])
def test_nothing_that_a_run_leaves_has_a_secret(platform, tmp_path, log):
    seed = zlib.crc32(log.encode())
    project, texts, token = demo(platform), planted(seed), kinds(seed - 1)["github"]
    write(project / "src" / "demo" / "pipeline_registry.py", REGISTRY)
    write(tmp_path / "planted" / "texts.json", json.dumps(texts))
    comments = "".join(f"# {line}\n" for text in texts["comments"] for line in text.splitlines())
    parameters = {
        "plain": texts["parameters"],
        "keys": dict.fromkeys(texts["keys"], 1),
        "password": unformatted(seed - 2),
    }
    write(project / "conf" / "base" / "parameters.yml", comments + json.dumps(parameters))
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (
        ["init", "-q"],
        ["remote", "add", "origin", f"https://{token}@example.org/shop.git"],
        ["add", "."],
        [*who, "commit", "-qm", "\n".join(texts["commits"])],
    ):
        subprocess.run(["git", *words], cwd=project, check=True)
    done = kedro(
        project,
        "--params", f"more={kinds(seed - 3)['slack']}",
        HIGHROAD_LOG=log,
        PLANTED=str(tmp_path / "planted" / "texts.json"),
        DB_PASSWORD=unformatted(seed - 4),
    )  # fmt: skip
    assert done.returncode == 8, done.stderr
    secrets = secrets_of(seed) | {
        token,
        kinds(seed - 3)["slack"],
        *(unformatted(seed - i) for i in (2, 4)),
    }
    assert len(secrets) > 800
    left = {"console": (done.stdout + done.stderr).encode()}
    store = platform.parent / "store"
    left |= {
        str(path): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file() and path.suffix != ".parquet"
    }
    assert any(path.endswith("records.db") for path in left) and any(
        "lineage" in path for path in left
    )
    leaked = {
        (Path(path).name, secret)
        for path, data in left.items()
        for secret in secrets
        if secret.encode() in data
    }
    assert not sorted(leaked)
