"""Each rule about catalogs: what it refuses, in which words, and what it lets pass."""

from __future__ import annotations

import pytest
from conftest import write
from kedro.pipeline import node, pipeline

from highroad.config import PlatformConfigLoader
from highroad.config.platform import load_platform
from highroad.conformance import catalog as catalog_module
from highroad.conformance.catalog import catalog_checks, check_catalogs
from highroad.conformance.facts.catalog import Merged
from highroad.errors import CatalogError
from highroad_workspace.projects import Project

# As the loader says once it is used: the dot of a data product does mean a namespace.
pytestmark = pytest.mark.filterwarnings("ignore:One or more dataset names contain '.'")
PATTERNS = """
"{owner}.{product}@{kind}": {type: highroad.datasets.DataProductDataset, product: "{owner}.{product}", kind: "{kind}", store: "${platform:store}", platform_conf: "${platform:conf}", project: p}
"{name}#{layer}@pandas": {type: pandas.ParquetDataset, filepath: "${platform:store}/p/{layer}/{name}.parquet", metadata: {kedro-viz: {layer: "{layer}"}}}
"{name}#{layer}@polars": {type: polars.EagerPolarsDataset, file_format: parquet, filepath: "${platform:store}/p/{layer}/{name}.parquet"}
"""
ENTRY = "{type: json.JSONDataset, filepath: '${platform:store}/p/%s.json'}"


def project(name, **more):
    return Project(name, f"/{name}", ">=3.11", True, "d", "o", "model", **more)


def step(inputs, outputs, name="make"):
    return node(lambda *_: None, inputs, outputs, name=name)


@pytest.fixture
def faults(platform, conf):
    """Every fault of a catalog text, for nodes of a project `p` beside one that publishes."""
    write(platform / "base" / "catalog.yml", PATTERNS)
    write(platform / "prod" / ".keep", "")

    def check(text, *steps, env="local", parameters="{}", **more):
        source = conf("base/catalog.yml", text)
        conf("base/parameters.yml", parameters)
        merged = Merged(
            project("p", **more),
            env,
            PlatformConfigLoader(source, env),
            [pipeline(steps)],
            [project("p", **more), project("q", publishes=("q.rows",))],
        )
        return [str(each) for check in catalog_checks() for each in check.run(merged).findings]

    return check


def test_a_sound_catalog_has_no_fault(faults):
    assert (
        faults(
            f"raw: {ENTRY % 'raw'}\nother@a: {ENTRY % 'other'}\nother@b: {ENTRY % 'other'}\n",
            step(["raw", "params:a.b", "q.rows@pandas"], "t#01_raw@pandas"),
            step("t#01_raw@polars", "other@a", "again"),
            step("other@b", "p.out@pandas", "publish"),
            parameters="a: {b: null}\n",
            consumes=("q.rows",),
            publishes=("p.out",),
        )
        == []
    )


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("tt#01_raw@pandas", "'tt#01_raw@pandas' is made by no pipeline; the pattern '{name}#{layer}@pandas' would look for a file of it. Did you mean 't#01_raw@pandas'?"),
        ("tt#01_raw@polars", "Did you mean 't#01_raw@polars'?"),
        ("t#01_rww@pandas", "Did you mean 't#01_raw@pandas'?"),
        ("rwa", "'rwa' is neither produced, in the catalog nor a data product. Did you mean 'raw'?"),
        ("q.rosw@pandas", "no project publishes 'q.rosw'. Did you mean 'q.rows'?"),
    ],
)  # fmt: skip
def test_a_misspelt_input_is_no_dataset_of_a_pattern(faults, wanted, said):
    steps = [step("raw", "t#01_raw@pandas"), step(wanted, None, "use")]
    found = faults(f"raw: {ENTRY % 'raw'}\n", *steps)
    (fault,) = (each for each in found if "no layer" not in each)
    assert said in fault


def test_the_node_and_the_way_out_are_named(faults):
    [found] = faults("", step("tt#01_raw@pandas", None, "use"))
    assert found.startswith("p, node 'use', environment local: pipeline input 'tt#01_raw@pandas'")
    assert found.endswith("give it an entry in conf/base/catalog.yml.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raw: 3\n", ":1: 'raw': found 3; expected settings"),
        ("raw: {type: json.JSONDatset, filepath: '${platform:store}/p/x'}\n", ":1: 'raw': "),
        ("raw: {type: json.JSONDataset, filepath: /tmp/x.json}\n", ":1: 'raw': filepath '/tmp/x.json' is outside the store; begin it with ${platform:store}/."),
        ("raw: {type: json.JSONDataset, filepath: '${platform:store}/../x'}\n", "is outside the store"),
        ("raw:\n  type: highroad.datasets.ChangedPartitionsDataset\n  path: ${platform:store}/a\n  product_path: ${platform:store}/b\n  filename_suffix: .csv\n  dataset: pandas.CSVDataset\n  ledger: here.json\n", ":7: 'raw': ledger 'here.json' is outside the store"),
        ("raw: {type: json.JSONDataset, filepath: '${platform:store}/x', metadata: {kedro-viz: {layer: 01_rww}}}\n", ":1: 'raw': no layer '01_rww'. Did you mean '01_raw'? Layers: 01_raw, 08_reporting."),
        ("raw:\n  type: json.JSONDataset\n  filepath: ${platform:store}/x\n  credentials: {key: k}\n", ":4: 'raw': credentials stand in the catalog; name an entry of conf/local/credentials.yml."),
        ("raw:\n  type: partitions.PartitionedDataset\n  path: ${platform:store}/x\n  filename_suffix: .csv\n  dataset: {type: pandas.CSVDataset, credentials: {key: k}}\n", ":5: 'raw': credentials stand in the catalog"),
        ("raw: {type: json.JSONDataset, filepath: '${platform:store}/x', fs_args: {api_key: k}}\n", "'raw': 'fs_args.api_key' looks like a secret"),
        ("raw:\n  type: partitions.PartitionedDataset\n  path: ${platform:store}/x\n  dataset: pandas.CSVDataset\n", ":1: 'raw': no filename_suffix, so it would read unfinished and foreign files"),
        ("raw:\n  type: highroad.datasets.LandingZoneDataset\n  path: ${platform:store}/x\n  dataset: pandas.CSVDataset\n", ":1: 'raw': no filename_suffix"),
    ],
)  # fmt: skip
def test_an_entry_at_fault_names_file_line_and_the_way_out(faults, text, said):
    found = faults(text, step("raw", None))
    assert len(found) == 1 and said in found[0]
    assert found[0].startswith("projects/p/conf/base/catalog.yml:")


def test_an_unused_entry_is_named(faults):
    text = f"raw: {ENTRY % 'raw'}\nold: {ENTRY % 'old'}\n"
    assert faults(text, step("raw", None)) == [
        "projects/p/conf/base/catalog.yml:2: 'old' is used by no pipeline; delete the entry."
    ]


def test_a_misspelt_parameter_is_guessed(faults):
    [found] = faults("", step("params:train.sede", "x"), parameters="train: {seed: 1}\n")
    assert "no such parameter in conf/*/parameters*.yml. Did you mean 'params:train.seed'?" in found


@pytest.mark.parametrize(
    ("inputs", "outputs", "more", "said"),
    [
        ("raw", "p.out@pandas", {}, "'p.out' is saved but not in [tool.highroad] publishes"),
        ("q.rows@pandas", None, {}, "'q.rows' is loaded but not in [tool.highroad] consumes"),
        ("raw", "x", {"publishes": ("p.out",)}, "'p.out' is in [tool.highroad] publishes and no pipeline saves it."),
    ],
)  # fmt: skip
def test_products_are_what_pyproject_says(faults, inputs, outputs, more, said):
    text = f"raw: {ENTRY % 'raw'}\n" if inputs == "raw" else ""
    [found] = faults(text, step(inputs, outputs), **more)
    assert found.startswith("p/pyproject.toml: ") and said in found


@pytest.mark.parametrize(
    "entry",
    [
        "{type: pickle.PickleDataset, filepath: '${platform:store}/p/m.pickle'}",
        "{type: kedro_datasets.pickle.pickle_dataset.PickleDataset, filepath: '${platform:store}/p/m'}",
        "{type: highroad.datasets.ModelDataset, filepath: '${platform:store}/p/m', project: p, "
        "platform_conf: c, kind: pickle}",
    ],
)
def test_a_pickle_needs_the_platforms_word(faults, platform, entry):
    text = f"raw: {ENTRY % 'raw'}\nm: {entry}\n"
    [found] = faults(text, step("raw", "m"))
    assert "base/catalog.yml:2: 'm' is a pickle" in found and "'m#models'" in found
    path = platform / "platform.yml"
    write(path, path.read_text() + "models: {pickles: true}\n")
    load_platform.cache_clear()
    assert faults(text, step("raw", "m")) == []


OWN = "type: highroad.datasets.DataProductDataset, store: '${platform:store}', platform_conf: '${platform:conf}', project: p, product: q.rows"
AT = "${platform:store}/products/q.rows"


@pytest.mark.parametrize(
    ("name", "entry", "said"),
    [
        ("q.rows@x", f"{{{OWN.replace('project: p', 'project: q')}}}", "project 'q' is not the one of this project and environment, 'p'"),
        ("q.rows@x", f"{{{OWN.replace('${platform:store}', '/other')}}}", "store '/other' is not the one"),
        ("q.rows@x", f"{{{OWN.replace('${platform:conf}', '/other')}}}", "platform_conf '/other' is not the one"),
        ("mine", f"{{{OWN}}}", "'mine' is the product 'q.rows' under another name; call it 'q.rows@<kind>'"),
        ("q.rows@x", f"{{{OWN}, versioned: true}}", "take `versioned` out"),
        ("raw", f"{{type: CachedDataset, dataset: {{{OWN}}}}}", "'raw' holds a data product within another dataset"),
        ("raw", f"{{type: CachedDataset, dataset: {{type: CachedDataset, dataset: {{{OWN}}}}}}}", "holds a data product"),
        ("raw", "{type: partitions.PartitionedDataset, path: '${platform:store}/x', filename_suffix: x, filepath_arg: product, dataset: highroad.datasets.DataProductDataset}", "holds a data product"),
        ("raw", f"{{type: json.JSONDataset, filepath: '${{platform:store}}/x', fs_args: {{more: [{{{OWN}}}]}}}}", "holds a data product"),
        ("raw", f"{{type: pandas.ParquetDataset, filepath: '{AT}/part.parquet'}}", "where data products lie, without their contract"),
        ("raw", f"{{type: pandas.DeltaTableDataset, filepath: '{AT}/'}}", "where data products lie"),
        ("raw", f"{{type: json.JSONDataset, filepath: '${{platform:store}}/p', load_args: {{uri: 'file://{AT}'}}}}", "where data products lie"),
        ("raw", f"{{type: json.JSONDataset, filepath: '${{platform:store}}/p', load_args: {{uri: 'simplecache::file:{AT}//'}}}}", "where data products lie"),
        ("raw", "{type: json.JSONDataset, filepath: '${platform:store}/p', load_args: {uri: '../../store/./p/../products/q.rows'}}", "where data products lie"),
        ("raw", "{type: json.JSONDataset, filepath: '${platform:store}/p/../products/q.rows/x'}", "where data products lie"),
        ("raw", "{type: json.JSONDataset, filepath: '${platform:store}/./'}", "where data products lie"),
        ("raw", "{type: json.JSONDataset, filepath: '${platform:store}/prod*/q.r*/x.json'}", "where data products lie"),
        ("raw", "{type: json.JSONDataset, filepath: '${platform:store}/p', load_args: {uri: 's3a://bucket/prod//products/q.rows/'}}", "where data products lie"),
        ("raw", "{type: json.JSONDataset, filepath: '${platform:store}/link/x.json'}", "where data products lie"),
        ("raw", f"{{type: json.JSONDataset, filepath: '${{platform:store}}/p', load_args: {{sql: \"select * from '{AT}/x.parquet'\"}}}}", "where data products lie"),
        ("raw", f"{{type: highroad.datasets.ChangedPartitionsDataset, path: '${{platform:store}}/a', product_path: '{AT}', filename_suffix: .csv, dataset: pandas.CSVDataset, ledger: '${{platform:store}}/l'}}", "where data products lie"),
    ],
)  # fmt: skip
def test_no_entry_goes_past_the_gate_of_a_product(faults, platform, name, entry, said):
    (platform.parent / "store" / "products").mkdir(parents=True)
    (platform.parent / "store" / "link").symlink_to(platform.parent / "store" / "products")
    write(platform / "contracts" / "q.rows.yaml", "id: q.rows\n")
    found = faults(f"{name}: {entry}\n", step(name, None), consumes=("q.rows",))
    assert any(said in each for each in found), found


def test_what_lies_beside_products_is_no_way_past_them(faults):
    text = (
        "raw: {type: json.JSONDataset, filepath: '${platform:store}/productsets/q.rows', load_args: "
        "{sep: '/', decimal: '.', like: '/[ab]', format: '%Y/%m'}}\n"
        "own: {type: highroad.datasets.ChangedPartitionsDataset, path: '${platform:store}/a', product_path: "
        "'${platform:store}/products/p.out', filename_suffix: .csv, dataset: pandas.CSVDataset, ledger: '${platform:store}/l'}\n"
        f"q.rows@june: {{{OWN}, kind: polars, columns: [id]}}\n"
    )
    assert faults(text, step(["raw", "own", "q.rows@june"], None), consumes=("q.rows",)) == []


def test_all_faults_of_all_environments_come_at_once(platform, conf, monkeypatch):
    source = conf("base/catalog.yml", "a: 1\nb: 2\n")
    merged = {
        env: Merged(project("p"), env, PlatformConfigLoader(source, env), [], [])
        for env in ("local", "prod")
    }
    monkeypatch.setattr(catalog_module, "_merge", lambda _, env: merged[env])
    monkeypatch.setattr(catalog_module, "open_loader", lambda *_: merged["local"].loader)
    with pytest.raises(CatalogError) as caught:
        check_catalogs(source.parent)
    lines = str(caught.value).splitlines()
    assert lines[-1] == "4 fault(s) in the catalog of 'p'." and len(lines) == 5


def test_every_rule_says_what_it_checks():
    assert all(check.message for check in catalog_checks())
    assert len({check.name for check in catalog_checks()}) == len(catalog_checks()) == 13
