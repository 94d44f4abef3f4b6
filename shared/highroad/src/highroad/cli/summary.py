"""The closing table of `nox -s run`: the last run of each project."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
from filelock import FileLock, Timeout

from highroad.config.platform import load_platform
from highroad.errors import DataError
from highroad.hooks.run_lock import lock_path
from highroad.products.text_table import aligned
from highroad_workspace.projects import Project, find_projects, find_root

Summary = dict[str, Any]


def summaries(start: Path, env: str = "base") -> list[Summary]:
    """What `run.json` of every project says, in the order the projects run; absent: status only.

    Returns:
        Dicts with `project`, `status` (finished, failed, running, interrupted, no run yet,
        unreadable), `environment`, `began_at`, `nodes`, `rows_read`, `rows_written`, `all_read`,
        `all_written`, `seconds`, `node_seconds`, `task_seconds`, `error`, `headline`, `outputs` and
        `report`; of no run and of an unreadable one the first two only.

    Raises:
        DataError: The store does not answer.
    """
    root = find_root(start)
    store = load_platform(Path(root) / "platform-conf").store_root(env, Path(root))
    return [_of(project, store) for project in find_projects(root)]


def _of(project: Project, store: str) -> Summary:
    text = _read(store, project.name)
    if text is None:
        return {"project": project.name, "status": "no run yet"}
    try:
        run = json.loads(text)
        unknown = run["unknown_rows"]
        return {
            "project": project.name,
            "status": _status(run, store),
            "environment": run["environment"],
            "began_at": run["began_at"],
            "nodes": len(run["nodes"]),
            "rows_read": run["rows_read"],
            "rows_written": run["rows_written"],
            "all_read": not unknown["read"],
            "all_written": not unknown["written"],
            "seconds": run["seconds"],
            "node_seconds": sum(node["node_s"] for node in run["nodes"]),
            "task_seconds": sum(
                node["node_s"] + node["load_s"] + node["save_s"] for node in run["nodes"]
            ),
            "error": run.get("error"),
            "headline": _headline(project.headline, run["metrics"]),
            "outputs": f"{store}/{project.name}",
            "report": run["report"] or f"{store}/runs/{project.name}/run.html",
        }
    except (ValueError, KeyError, TypeError):  # written by another version, or by hand
        return {"project": project.name, "status": "unreadable"}


def _read(store: str, project: str) -> bytes | None:
    try:
        files, place = fsspec.url_to_fs(f"{store}/runs/{project}/run.json")
        return bytes(files.cat_file(place))
    except FileNotFoundError:
        return None
    except Exception as problem:  # each kind of store has errors of its own
        raise DataError(
            f"The store {store} cannot be read: {type(problem).__name__}: {problem}. Check its address "
            "(`highroad config explain platform.store`), the network, and your credentials, which "
            "the store's own client finds (for s3:// the AWS_ variables or a profile)."
        ) from problem


def table(rows: Sequence[Summary], here: Path | None = None) -> str:
    """The summaries as text of at most 100 columns: a table, where the reports are, and what failed last."""
    here = here or Path.cwd()
    ran = [row for row in rows if "nodes" in row]
    cells: list[tuple[str, ...]] = [
        ("project", "began", "nodes", "rows read", "written", "seconds", "headline")
    ]
    for row in rows:
        if row not in ran:
            cells.append((f"{row['project']} ({row['status']})", *[""] * (len(cells[0]) - 1)))
            continue
        cells.append(
            (
                _name(row),
                _began(row),
                str(row["nodes"]),
                f"{'' if row['all_read'] else '≥ '}{row['rows_read']:,}",
                f"{'' if row['all_written'] else '≥ '}{row['rows_written']:,}",
                f"{row['seconds']:.1f}",
                row["headline"],
            )
        )
    lines = aligned(cells, right={2, 3, 4, 5})
    lines.insert(1, "-" * max(map(len, lines)))
    if ran:
        lines += ["", *aligned([_places(row, here) for row in ran])]
    for row in ran:
        if row["error"]:
            lines += ["", f"{row['project']} {row['status']}: {row['error']}"]
    return "\n".join(lines)


def _places(row: Summary, here: Path) -> tuple[str, str, str]:
    report = f"report {_relative(row['report'], here)}"
    return row["project"], f"data {_relative(row['outputs'], here)}", report


def _name(row: Summary) -> str:
    """The project, and what is not as usual: another environment, another end than finished."""
    unusual = [row["status"]] if row["status"] != "finished" else []
    if row["environment"] not in ("local", "base"):
        unusual.append(row["environment"])
    return f"{row['project']} ({', '.join(unusual)})" if unusual else str(row["project"])


def _began(row: Summary) -> str:
    """When, in local time: a run of an earlier day must not pass for one of this session."""
    began = datetime.fromisoformat(row["began_at"]).astimezone()
    is_today = began.date() == datetime.now().astimezone().date()
    return began.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M")


def _status(run: Summary, store: str) -> str:
    """What `run.json` says, but a run that says `running` and holds no lock was cut off.

    One of several tasks holds none: its scheduler keeps such runs apart.
    """
    if run["status"] != "running" or run.get("tasks"):
        return str(run["status"])
    lock = lock_path(store, run["project"])
    if not lock.exists():
        return "interrupted"
    try:
        with FileLock(lock, timeout=0):
            return "interrupted"
    except Timeout:
        return "running"


def _headline(wanted: dict[str, Any] | None, metrics: dict[str, Any]) -> str:
    if not wanted or wanted["dataset"] not in metrics:
        return ""
    value: Any = metrics[wanted["dataset"]]
    for part in str(wanted["key"]).split("."):
        value = value.get(part) if isinstance(value, dict) else None
    shown = (
        f"{value:.4f}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )
    return f"{wanted.get('label', wanted['key'])} {shown}"


def _relative(place: str, here: Path) -> str:
    path = Path(place)
    return (
        path.relative_to(here).as_posix()
        if "://" not in place and path.is_relative_to(here)
        else place
    )
