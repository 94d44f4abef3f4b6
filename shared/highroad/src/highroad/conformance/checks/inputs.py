"""Rules about what pipelines load and save: parameters, datasets, data products."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from highroad.config.entries import stem
from highroad.conformance.check import CatalogCheck, Finding
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    from highroad.conformance.facts.catalog import Merged

PRODUCT = re.compile(r"^(?P<owner>\w+)\.(?P<product>\w+)(@\w+)?$")


class ParametersExist(CatalogCheck):
    """Every `params:` input of a pipeline stands in the parameters."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        for name, who in sorted(merged.loaded.items()):
            if not name.startswith("params:"):
                continue
            known = [f"params:{key}" for key in _dotted(merged.parameters)]
            if name not in known:
                yield Finding(
                    who,
                    f"'{name}': no such parameter in conf/*/parameters*.yml.{meant(name, known)}",
                )


class InputsAreAnswered(CatalogCheck):
    """Every pipeline input is made by a pipeline, has its own entry, or is a data product.

    A pattern alone is no answer: it matches misspelt names as well.
    """

    def findings(self, merged: Merged) -> Iterator[Finding]:
        made = {stem(name) for name in merged.produced}
        for name, who in sorted(merged.loaded.items()):
            if name == "parameters" or name.startswith("params:"):
                continue
            pattern = merged.pattern_of(name)
            if name in merged.catalog or stem(name) in made or _is_product(name, pattern):
                continue
            hint = meant(name, sorted(_answered(merged, name)))
            if pattern is None:
                what = "is neither produced, in the catalog nor a data product"
            else:
                what = (
                    f"is made by no pipeline; the pattern '{pattern}' would look for a file of it"
                )
            yield Finding(
                who,
                f"pipeline input '{name}' {what}.{hint} If it comes from elsewhere, give it an "
                "entry in conf/base/catalog.yml.",
            )


class ProductsAreDeclared(CatalogCheck):
    """Data products are saved, published and consumed as [tool.highroad] in pyproject.toml says."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        from highroad.datasets.product_boundary import is_product

        own = merged.project
        where = f"{own.name}/pyproject.toml"
        published = {product for project in merged.workspace for product in project.publishes}
        saved = {stem(name) for name in merged.produced}
        for name, key, settings in merged.entries:
            if not _is_product(name, key) and not is_product(settings):
                continue
            product = stem(name)
            if product in saved:
                if product not in own.publishes:
                    yield Finding(
                        where,
                        f"'{product}' is saved but not in [tool.highroad] publishes; add it there.",
                    )
            elif product not in published:
                hint = meant(product, sorted(published))
                yield Finding(where, f"no project publishes '{product}'.{hint}")
            elif product not in own.consumes and product not in own.publishes:
                yield Finding(
                    where,
                    f"'{product}' is loaded but not in [tool.highroad] consumes; add it there.",
                )
        for product in sorted(set(own.publishes) - saved):
            yield Finding(
                where,
                f"'{product}' is in [tool.highroad] publishes and no pipeline saves it."
                f"{meant(product, sorted(saved))} Save it, or take it out.",
            )


def _is_product(name: str, pattern: str | None) -> bool:
    """Whether a name means a data product: by its form, and by the pattern that answers for it."""
    return PRODUCT.match(name) is not None and "{owner}" in (pattern or "")


def _answered(merged: Merged, name: str) -> Iterator[str]:
    """What an input could have been meant to be, with its own transcoding where that fits."""
    _, at, transcoding = name.partition("@")
    products = {product for project in merged.workspace for product in project.publishes}
    yield from (each for each in merged.catalog if "{" not in each)
    yield from merged.produced
    for each in {stem(made) for made in merged.produced} | products:
        if at and merged.pattern_of(f"{each}@{transcoding}"):
            yield f"{each}@{transcoding}"


def _dotted(value: Any, prefix: str = "") -> list[str]:
    """Every key of nested mappings by its dotted name."""
    found = []
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        found += [f"{prefix}{key}", *_dotted(inner, f"{prefix}{key}.")]
    return found
