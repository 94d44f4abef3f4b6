"""What the template may ask for, whoever renders it: `highroad new` or cookiecutter for `kedro new`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment
from jinja2.ext import Extension

from highroad.config.platform import Platform, load_platform
from highroad.config.positions import LOADER
from highroad.products.visible import VisibleProducts
from highroad.starter.choices import DATA_PRODUCT, MODEL, POLARS, Answers, completed, listed
from highroad.starter.tables import SAMPLE, Table, tables_of
from highroad_workspace.projects import find_root

VERSION = "2"
"""Of the template; raised with every change of it that projects should get."""
FIELDS = ("kind", "frame", "consumes", "owner", "packages", "description")


class Design(NamedTuple):
    """A project to be, as the template sees it.

    Attributes:
        name: Its name.
        answers: What was chosen.
        tables: What it reads; the sample where it reads nothing.
        organisation: The platform's.
        version: The template's.
    """

    name: str
    answers: Answers
    tables: tuple[Table, ...]
    organisation: str
    version: str = VERSION

    @property
    def table(self) -> Table:
        """The table that the first pipeline is about."""
        return self.tables[0]

    @property
    def is_model(self) -> bool:
        """Whether it makes a model."""
        return self.answers.kind == MODEL

    @property
    def is_product(self) -> bool:
        """Whether it makes a data product."""
        return self.answers.kind == DATA_PRODUCT

    @property
    def is_polars(self) -> bool:
        """Whether its tables are Polars'."""
        return self.answers.frame == POLARS

    @property
    def has_sample(self) -> bool:
        """Whether its first node makes a sample."""
        return not self.answers.products

    @property
    def product(self) -> str:
        """What it publishes, if it does."""
        return f"{self.name}.counts"

    @property
    def key(self) -> str:
        """The column that rows are counted by, in what it publishes."""
        return "day" if self.table.is_timed else self.table.group.name

    @property
    def input(self) -> str:
        """The dataset that the first pipeline reads."""
        return f"{self.table.product or 'sample#01_raw'}@{self.answers.frame}"

    @property
    def dependencies(self) -> list[str]:
        """What it runs with, and nothing else."""
        extras = ["json-jsondataset"] if not self.is_product else []
        if self.has_sample or self.is_model:
            extras += ["polars-eagerpolarsdataset"] if self.is_polars else ["pandas-parquetdataset"]
        found = ["highroad[models]" if self.is_model else "highroad", "kedro>=1.7"]
        found += [f"kedro-datasets[{','.join(sorted(extras))}]>=9.6"] if extras else []
        found += ["polars>=1.30"] if self.is_polars else ["pandas>=2.2"]
        found += ["platform-extensions", "pyarrow>=17"]
        found += ["scikit-learn>=1.8"] if self.is_model else []
        return sorted([*found, *listed(self.answers.packages)])


def design_of(
    name: str, told: Mapping[str, Any], root: Path, contracts: Mapping[str, Any] | None = None
) -> Design:
    """The project that answers make.

    Args:
        name: The project's name.
        told: The answers, by `FIELDS`.
        root: The repository.
        contracts: Each product's contract; None reads them.
    """
    platform = _platform(root)
    contracts = contracts_of(root) if contracts is None else contracts
    answers = completed(
        Answers(name, *(str(told.get(field, "") or "") for field in FIELDS)), platform
    )
    tables = tables_of(answers.products, contracts) or [SAMPLE]
    return Design(name, answers, tuple(tables), platform.organisation)


def contracts_of(root: Path, products: Collection[str] | None = None) -> dict[str, dict[str, Any]]:
    """Each product's contract.

    Args:
        root: The repository.
        products: Only of these, and of `VisibleProducts` only the columns that may be known; None means of all.
    """
    paths = sorted((root / "platform-conf" / "contracts").glob("*.yaml"))
    wanted = (path for path in paths if products is None or path.stem in products)
    found = {path.stem: _contract(path, path.stat().st_mtime_ns) for path in wanted}
    if not isinstance(products, VisibleProducts) or products.access.rules is None:
        return found
    return {
        name: _with_columns(document, products.view(name).columns)
        for name, document in found.items()
    }


def _with_columns(document: dict[str, Any], columns: Collection[str]) -> dict[str, Any]:
    schema = [
        {**table, "properties": [each for each in table["properties"] if each["name"] in columns]}
        for table in document["schema"]
    ]
    return {**document, "schema": schema}


@cache
def _contract(path: Path, _written_ns: int) -> dict[str, Any]:
    """A contract as it was written at that time: many projects read the same."""
    import yaml

    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    return found


class Highroad(Extension):
    """Gives templates `design_of`."""

    def __init__(self, environment: Environment):
        super().__init__(environment)
        environment.globals["design_of"] = lambda told: design_of(
            told["python_package"], told, Path(find_root(Path.cwd()))
        )


@cache
def _platform(root: Path) -> Platform:
    return load_platform(root / "platform-conf")
