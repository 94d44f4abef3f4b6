"""The launcher: what may be chosen, and the archive of what was.

It keeps to Spring Initializr's conventions: one metadata document that pages, curl and other clients read, and
`/starter.zip` and `/starter.tgz` by the same parameters. `highroad.starter.making.draft` makes the files, as it does
for `highroad new`.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from highroad.errors import StarterError
from highroad.portal.knowledge import SETTINGS_S, Knowledge
from highroad.portal.remembered import Remembered
from highroad.starter.choices import CHOICES, MODEL, Answers, unfit_for_model
from highroad.starter.extension import contracts_of
from highroad.starter.making import draft, taken
from highroad.starter.tables import Table, tables_of
from highroad_workspace.metadata import meant

MEDIA_TYPE = "application/vnd.highroad.v1+json"
"""Of the metadata document; a change that clients must know of raises its number."""
DEFAULT_NAME = "my_project"
MODE, MADE = 0o644, (1980, 1, 1, 0, 0, 0)
"""Of every file in an archive; zip knows no earlier time, and the same choices are the same bytes."""
_MADE_S = 315532800


def answers_of(pairs: Iterable[tuple[str, str]]) -> Answers:
    """Answers from the parameters of a request; of a list, several parameters or one with commas.

    Raises:
        StarterError: A parameter is no choice, or is given twice.
    """
    given: dict[str, list[str]] = {}
    for key, value in pairs:
        if key not in Answers._fields:
            known = ", ".join(Answers._fields)
            raise StarterError(f"'{key[:40]}' is no choice.{meant(key, Answers._fields)} ({known})")
        given.setdefault(key, []).append(value)
    for key, values in given.items():
        if len(values) > 1 and key not in ("consumes", "packages"):
            raise StarterError(f"{key} is given {len(values)} times; expected once.")
    answers = {key: ",".join(filter(None, values)) for key, values in given.items()}
    chosen = {"name": DEFAULT_NAME} | {key: value for key, value in answers.items() if value}
    return Answers(**chosen)


def query_of(answers: Answers) -> str:
    """The parameters that give these answers: a link that can be shared."""
    defaults = Answers("")._asdict()
    return urlencode(
        {key: value for key, value in answers._asdict().items() if value != defaults[key]}
    )


def command_of(answers: Answers) -> list[str]:
    """The words of the `highroad new` that makes the same."""
    words = ["highroad", "new", answers.name]
    defaults = Answers("")
    for field in ("kind", "frame", "owner", "description"):
        if (value := getattr(answers, field)) != getattr(defaults, field):
            words += [f"--{field}", value]
    for option, values in (("--consumes", answers.consumes), ("--package", answers.packages)):
        for value in filter(None, (each.strip() for each in values.split(","))):
            words += [option, value]
    return words


class Launcher:
    """The launcher of a repository.

    Args:
        knowledge: What is known of it.
    """

    def __init__(self, knowledge: Knowledge):
        self._knowledge = knowledge
        self.document = Remembered(lambda: metadata_bytes(self.metadata()), SETTINGS_S)

    def files(self, answers: Answers) -> dict[str, str]:
        """The files that answers make, by their paths in the repository, sorted.

        Raises:
            StarterError: They make no project, or name a product that may not be seen.
        """
        known = self._knowledge
        seen = known.visible()
        hidden = [each for each in answers.products if each not in seen]
        if hidden:
            raise StarterError(
                f"There is no data product '{hidden[0]}'.{meant(hidden[0], list(seen))}"
            )
        found = draft(answers, known.root, known.platform(), seen)
        return dict(sorted(found.items()))

    def tables(self) -> dict[str, Table]:
        """Each product that may be seen, as its contract has it."""
        contracts = contracts_of(self._knowledge.root, self._knowledge.visible())
        found = {}
        for name in contracts:
            with suppress(KeyError, TypeError, ValueError):  # `nox -s contracts` says what is wrong
                (found[name],) = tables_of([name], contracts)
        return found

    def metadata(self) -> dict[str, Any]:
        """The metadata document: every choice with its type, default, values, constraint and reason."""
        query = "{?" + ",".join(Answers._fields) + "}"
        links = {
            form: {"href": f"/starter.{form}{query}", "templated": True} for form in ("zip", "tgz")
        }
        document: dict[str, Any] = {
            "_links": links,
            "name": {
                "type": "text",
                "default": DEFAULT_NAME,
                "description": "The project's name: a folder, a package and an image",
                "taken": taken(self._knowledge.root),
            },
        }
        for choice in CHOICES:
            entry: dict[str, Any] = {
                "type": "text",
                "default": choice.default,
                "description": choice.what,
            }
            if choice.options:
                entry["type"] = "single-select"
                entry["values"] = [{"id": id_, "description": what} for id_, what in choice.options]
            document[choice.name] = entry
        document["packages"]["type"] = "multi-text"
        document["owner"] |= {"type": "single-select", "values": self._owners()}
        document["consumes"] |= {
            "type": "multi-select",
            "values": [_product(table) for table in self.tables().values()],
        }
        return document

    def _owners(self) -> list[dict[str, str]]:
        owners = self._knowledge.platform().owners
        return [
            {"id": name, "description": owner.contact or ""}
            for name, owner in owners.items()
            if name != "platform"
        ]


def metadata_bytes(document: Mapping[str, Any]) -> tuple[bytes, str]:
    """The metadata document as bytes, and its entity tag."""
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return content, f'"{sha256(content).hexdigest()[:20]}"'


def _product(table: Table) -> dict[str, Any]:
    unfit = unfit_for_model(table)
    return {
        "id": table.product,
        "description": table.purpose,
        "owner": table.owner,
        "version": table.version,
        "fresh_within": table.latency,
        "columns": [
            {"name": column.name, "type": column.kind, "key": column.is_key}
            for column in table.columns
        ],
        "disabled": [{"when": {"kind": MODEL}, "first": True, "reason": unfit}] if unfit else [],
    }


def zipped(files: Mapping[str, str]) -> bytes:
    """Files as a zip; the same files are the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, MADE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, MODE << 16
            archive.writestr(entry, text.encode())
    return stream.getvalue()


def tarred(files: Mapping[str, str]) -> bytes:
    """Files as a compressed tar; the same files are the same bytes."""
    stream = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), MODE, _MADE_S
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


ARCHIVES = {"zip": (zipped, "application/zip"), "tgz": (tarred, "application/gzip")}
"""How each form of archive is made, and its media type."""
