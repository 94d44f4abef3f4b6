"""A model's card: what it is, how good, and what it may be given, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highroad.models.signature import Signature
from highroad.tracking.comparing import flat


def card(
    name: str, about: Mapping[str, Any], signature: Signature, metrics: Mapping[str, Any]
) -> str:
    """The card as Markdown.

    Args:
        name: `<project>.<name>`.
        about: What the manifest will say: run, commit, saved_at, versions, notes, kind.
        signature: What goes in and comes out.
        metrics: As measured when it was made.
    """
    lines = [
        f"# {name}",
        "",
        f"Made by run `{about['run'] or 'unknown'}` at commit `{about['commit'] or 'unknown'}`, "
        f"{about['saved_at']}. `highroad trace {name}` shows what it was made from and what was made of it.",
        "",
    ]
    numbers = {key: value for key, value in flat(metrics).items() if not isinstance(value, list)}
    if numbers:
        lines += ["## Measured", "", "| metric | value |", "|---|---|"]
        lines += [f"| {_cell(key)} | {_number(value)} |" for key, value in numbers.items()]
        lines.append("")
    lines += [
        "## Takes",
        "",
        "Ranges are of the training data; outside of them the model has seen nothing.",
        "",
        "| column | type | nulls | from | to |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {_cell(each.name)} | {each.type} | {_yes(each.nulls)} | {_number(each.least)} | {_number(each.most)} |"
        for each in signature.inputs
    ]
    if signature.classes:
        lines += ["", f"Gives one of: {', '.join(map(str, signature.classes))}."]
    lines += ["", "## Runs with", ""]
    lines += [f"- {key} {value}" for key, value in about["versions"].items()]
    lines += [f"- {note}" for note in about["notes"]]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _yes(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
