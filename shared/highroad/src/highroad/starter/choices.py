"""What may be chosen for a new project: data, which a command asks for, and a page or an API may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from highroad.config.platform import Platform
from highroad.errors import StarterError
from highroad.starter.names import fault_of, suggestion
from highroad.starter.tables import SAMPLE, Table, tables_of
from highroad_workspace.metadata import meant

LONGEST = 1000
"""Characters of an answer."""
DATA_PRODUCT, MODEL, MINIMAL = "data-product", "model", "minimal"
PANDAS, POLARS = "pandas", "polars"
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[\w,\s.-]+\])?\s*([<>=!~]=?\s*[\w.*]+\s*,?\s*)*"
)


class Choice(NamedTuple):
    """One choice: its options with what each means; none where anything of its kind may be given."""

    name: str
    default: str
    what: str
    options: tuple[tuple[str, str], ...] = ()


CHOICES = (
    Choice(
        "kind",
        MINIMAL,
        "What the project makes",
        (
            (DATA_PRODUCT, "a data product under a contract, for other projects to read"),
            (MODEL, "a model that is registered and promoted, with its metrics"),
            (MINIMAL, "a pipeline of one node, to begin from"),
        ),
    ),
    Choice(
        "frame",
        PANDAS,
        "The library that its tables are in",
        ((PANDAS, "what most know"), (POLARS, "faster, and tables may be larger than memory")),
    ),
    Choice(
        "consumes", "", "Data products that it reads, separated by commas; none: a sample is made"
    ),
    Choice("owner", "", "The team that owns it, of `owners` in platform.yml; none: the first"),
    Choice("packages", "", "What else it runs with, as pip takes it, separated by commas"),
    Choice("description", "", "What it is for, in a sentence"),
)


class Answers(NamedTuple):
    """What was chosen for a project; every value a text, lists separated by commas."""

    name: str
    kind: str = MINIMAL
    frame: str = PANDAS
    consumes: str = ""
    owner: str = ""
    packages: str = ""
    description: str = ""

    @property
    def products(self) -> list[str]:
        """The products that it reads."""
        return listed(self.consumes)


def listed(text: str) -> list[str]:
    """The parts of a text that commas separate."""
    return [each.strip() for each in text.split(",") if each.strip()]


def completed(answers: Answers, platform: Platform) -> Answers:
    """Answers with what follows from the platform where nothing was said."""
    owners = [name for name in platform.owners if name != "platform"] or ["team-name"]
    made = {
        DATA_PRODUCT: "Counts what is in a table, for others to read",
        MODEL: "Predicts a number from others",
        MINIMAL: "Says how large a table is and what of it is missing",
    }
    return answers._replace(
        owner=answers.owner or owners[0],
        description=answers.description or made.get(answers.kind, ""),
        consumes=", ".join(answers.products),
        packages=", ".join(listed(answers.packages)),
    )


def require(
    answers: Answers,
    platform: Platform,
    contracts: Mapping[str, Mapping[str, Any]],
    taken: Sequence[str],
) -> None:
    """Refuse answers that make no project.

    Args:
        answers: From `completed`.
        platform: The platform's settings.
        contracts: Each product's contract.
        taken: Names that are taken.

    Raises:
        StarterError: All that is wrong with them.
    """
    if found := list(_faults(answers, platform, contracts, taken)):
        raise StarterError("\n".join(found))


def _faults(
    answers: Answers,
    platform: Platform,
    contracts: Mapping[str, Mapping[str, Any]],
    taken: Sequence[str],
) -> Iterator[str]:
    long = [key for key, value in answers._asdict().items() if len(value) > LONGEST]
    if long:
        yield f"{', '.join(long)}: more than {LONGEST} characters."
        return
    if problem := fault_of(answers.name, taken):
        yield f"The name '{answers.name}' {problem}. How about '{suggestion(answers.name, taken)}'?"
    for choice in CHOICES:
        value = getattr(answers, choice.name)
        options = [name for name, _ in choice.options]
        if options and value not in options:
            yield f"{choice.name} is '{value}'.{meant(value, options)} Expected {', '.join(options)}."
    unknown = [each for each in answers.products if each not in contracts]
    for product in unknown:
        known = ", ".join(sorted(contracts)) or "there is none"
        yield f"There is no data product '{product}'.{meant(product, list(contracts))} (products: {known})"
    if len(set(answers.products)) < len(answers.products):
        yield f"consumes names a product twice: {answers.consumes}."
    if platform.owners and answers.owner not in platform.owners:
        owners = sorted(platform.owners)
        yield f"owner is '{answers.owner}'.{meant(answers.owner, owners)} Expected one of `owners` in platform.yml: {', '.join(owners)}."
    for requirement in listed(answers.packages):
        if not (requirement.isprintable() and _REQUIREMENT.fullmatch(requirement)):
            yield f"'{requirement}' is no requirement; expected one such as httpx>=0.27."
    for text in (answers.description, answers.owner):
        if '"' in text or "\\" in text or not text.isprintable():
            yield f"{text!r} has a line's end, a quote, a backslash or a control character, which a description or an owner cannot."
    is_model = answers.kind == MODEL and not unknown
    if is_model and (problem := unfit_for_model(main_table(answers, contracts))):
        yield f"{problem} Choose another product, or none."


def unfit_for_model(table: Table) -> str:
    """Why no model can be made of a table first; empty where one can."""
    if len(table.numbers) >= 2:
        return ""
    numbers = ", ".join(table.numbers) or "none"
    return f"{table.product} has too few numbers for a model ({numbers}); expected two."


def main_table(answers: Answers, contracts: Mapping[str, Mapping[str, Any]]) -> Table:
    """The table that the first pipeline is about: the first product, or the sample."""
    found = tables_of(answers.products, contracts)
    return found[0] if found else SAMPLE
