"""No dataset of a run goes past a product's gate, and only its owner's package publishes it."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import write
from kedro.framework import project as running
from kedro.io import CachedDataset, DataCatalog, DatasetError
from kedro.pipeline import node, pipeline

from highroad.config import PlatformConfigLoader
from highroad.datasets.data_product_dataset import DataProductDataset
from highroad.errors import AccessError, CatalogError, ContractError, DataError
from highroad.hooks.products import ProductsHook
from highroad.principal import VARIABLE

from .shop import CATALOG, CONTRACT

pytestmark = pytest.mark.filterwarnings("ignore:One or more dataset names contain '.'")
PRODUCT = "type: highroad.datasets.DataProductDataset, product: shop.orders"
OURS = "store: '${platform:store}', platform_conf: '${platform:conf}', project: '${project:name}'"


@pytest.fixture
def begin(platform, conf, monkeypatch):
    """Begin a run of `spy`, whose one node reads a dataset, with these entries and datasets."""
    monkeypatch.setattr(running, "PACKAGE_NAME", "spy")
    monkeypatch.setenv("HIGHROAD_CLOCK", "2013-03-01")
    write(platform / "contracts" / "shop.orders.yaml", CONTRACT)
    write(platform / "base" / "catalog.yml", CATALOG)

    def run(name: str, text: str = "", writes: bool = False, **datasets):
        loader = PlatformConfigLoader(conf("base/catalog.yml", text or "{}"), "local")
        hook = ProductsHook()
        context = SimpleNamespace(config_loader=loader, project_path=platform.parent / "projects/p")
        hook.after_context_created(context)
        catalog = DataCatalog.from_config(dict(loader["catalog"]))
        for key, dataset in datasets.items():
            catalog[key] = dataset
        steps = pipeline([node(len, "rows", name) if writes else node(len, name, "rows")])
        hook.before_pipeline_run(pipeline=steps, catalog=catalog)
        return catalog

    return run


@pytest.fixture
def published(begin, platform, monkeypatch):
    """`shop.orders`, published by its owner."""
    at = pd.Series([pd.Timestamp("2013-02-28", tz="UTC")]).astype("datetime64[us, UTC]")
    dataset = DataProductDataset(
        product="shop.orders",
        store=(platform.parent / "store").as_posix(),
        platform_conf=platform.as_posix(),
        project="shop",
    )
    with monkeypatch.context() as as_owner:
        as_owner.setattr(running, "PACKAGE_NAME", "shop")
        dataset.save({"2013-02": pd.DataFrame({"id": [1], "at": at})})
    return dataset


def test_a_product_is_read_by_its_name(begin, published):
    assert begin("shop.orders@pandas").get("shop.orders@pandas").held_version == 0


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (f"{{type: CachedDataset, dataset: {{{PRODUCT}, {OURS}}}}}", "holds a data product"),
        (f"{{{PRODUCT}, {OURS}}}", "under another name"),
        ("{type: pandas.ParquetDataset, filepath: '${platform:store}/products/shop.orders/x'}", "where data products lie"),
        ("{type: pandas.DeltaTableDataset, filepath: '../../store/./products/shop.orders/'}", "where data products lie"),
        ("{type: partitions.PartitionedDataset, path: '${platform:store}', dataset: pandas.ParquetDataset}", "where data products lie"),
        (f"{{type: partitions.PartitionedDataset, path: a, filepath_arg: product, dataset: {{type: highroad.datasets.DataProductDataset, {OURS}}}}}", "holds a data product"),
    ],
)  # fmt: skip
def test_a_run_refuses_other_ways_to_a_product(begin, published, entry, said):
    with pytest.raises(CatalogError, match=said):
        begin("mine", f"mine: {entry}\n")


@pytest.mark.parametrize(
    "change",
    [
        ("project: '${project:name}'", "project: shop"),
        ("'${platform:store}'", "/other"),
        ("'${platform:conf}'", "/x"),
    ],
)
def test_a_run_refuses_settings_that_are_not_the_platforms(begin, published, change):
    entry = f"{{{PRODUCT}, {OURS}}}".replace(*change)
    with pytest.raises(CatalogError, match="is not the one of this project and environment"):
        begin("shop.orders@mine", f"shop.orders@mine: {entry}\n")


class Wrapper(CachedDataset):
    """One that nobody knows, and that says it ends with the run."""

    _EPHEMERAL = True


def test_a_wrapper_that_no_entry_names_is_found(begin, published):
    with pytest.raises(CatalogError, match="'mine' holds a data product"):
        begin("mine", mine=Wrapper(published))


def test_whose_package_runs_decides_who_publishes(published, monkeypatch):
    monkeypatch.setattr(running, "PACKAGE_NAME", "spy")
    with pytest.raises(
        DatasetError, match="belongs to the project 'shop' and is not saved by 'spy'"
    ):
        published.save({})  # `project: shop`, as its entry claims


@pytest.mark.parametrize("product", ["../x", "shop.orders/..", "shop", "shop.orders@1", "Shop.x"])
def test_a_product_has_a_products_name(product):
    with pytest.raises(DatasetError, match="product: expected <project>"):
        DataProductDataset.from_config(
            "x",
            {"type": DataProductDataset, "product": product, "store": "s", "platform_conf": "c", "project": "p"},
        )  # fmt: skip


def test_a_product_is_not_versioned_by_kedro():
    with pytest.raises(DatasetError, match="take `versioned` out"):
        DataProductDataset.from_config(
            "x",
            {"type": DataProductDataset, "product": "a.b", "store": "s", "platform_conf": "c", "project": "p", "versioned": True},
        )  # fmt: skip


def test_an_unpublished_product_says_so(begin):
    with pytest.raises(DataError, match="no version was published yet"):
        begin("shop.orders@pandas")


def test_a_product_without_a_contract_stops_the_run_before_its_first_node(begin, monkeypatch):
    monkeypatch.setattr(running, "PACKAGE_NAME", "shop")
    begin("shop.orders@pandas", writes=True)
    with pytest.raises(ContractError, match=r"No contract for 'shop.refunds'.*contracts infer"):
        begin("shop.refunds@pandas", writes=True)


GOVERNED = CATALOG.replace("  metadata:", "  principal: ${platform:principal}\n  metadata:")


@pytest.fixture
def governed(begin, published, platform, monkeypatch):
    """The platform has teams, and a grant to everybody."""
    monkeypatch.setenv(VARIABLE, "eve")
    write(platform / "base" / "catalog.yml", GOVERNED)
    write(platform / "access" / "teams.yml", "sales: [anna]\n")

    def grant(may: str):
        write(platform / "access" / "shop.yml", f"- {{who: everyone, {may}, why: x}}\n")

    return grant


def test_a_run_that_may_read_its_inputs_begins(begin, governed):
    governed("may: read")
    assert begin("shop.orders@pandas").get("shop.orders@pandas").held_version == 0


def test_a_run_that_may_not_stops_before_its_first_node_and_says_whom_to_ask(begin, governed):
    governed("may: describe")
    with pytest.raises(AccessError) as refused:
        begin("shop.orders@pandas")
    assert "eve may not read shop.orders" in str(refused.value)
    assert "owned by sales; ask for a grant: `highroad access request shop.orders --why" in str(
        refused.value
    )


def test_of_a_hidden_input_a_run_says_what_it_says_of_a_missing_one(begin, governed, platform):
    governed("may_not: describe")
    answers = set()
    for name in ("shop.orders", "shop.nothing"):
        with pytest.raises(ContractError) as refused:
            begin(f"{name}@pandas")
        answers.add(str(refused.value).replace(name, "it"))
    assert len(answers) == 1


def test_an_entry_cannot_read_as_somebody_else(begin, governed):
    governed("may: describe")
    entry = f"{{{PRODUCT}, {OURS}, principal: anna}}"
    with pytest.raises(CatalogError, match="principal 'anna' is not the one of this project"):
        begin("shop.orders@mine", f"shop.orders@mine: {entry}\n")


def test_in_another_environment_the_service_account_reads(begin, governed, platform, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    write(platform / "access" / "teams.yml", "sales: [service:spy]\n")
    write(platform / "access" / "shop.yml", "- {who: [service:spy], may: read, why: x}\n")
    loader = PlatformConfigLoader(str(platform.parent / "projects" / "p" / "conf"), "prod")
    assert loader.platform_value("principal") == "service:spy"
