"""Files that are not what they should be: one error with file, line, key and the way out."""

from __future__ import annotations

import pytest
from conftest import write

from highroad.config import PlatformConfigLoader
from highroad.errors import ConfigError


def fault(conf, kind="parameters", env=None, **runtime):
    with pytest.raises(ConfigError) as caught:
        PlatformConfigLoader(conf, env, runtime)[kind]
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", ":3: 'a' stands here and on line 1; expected each key once. Delete one of them, or rename it."),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", ":4: 'a.b' stands here and on line 2; expected each key once."),
        ("a: [1, 2\nb: 3\n", ":2: not valid YAML: expected ',' or ']', but got ':'; expected `key: value`, brackets and quotes closed, spaces for tabs."),
        ("a: 1\n\tb: 2\n", ":2: not valid YAML: found character '\\t' that cannot start any token; expected"),
        ("a: !odd 1\n", ":1: not valid YAML: could not determine a constructor for the tag '!odd'"),
        ("a: *nowhere\n", ":1: not valid YAML: found undefined alias 'nowhere'; expected"),
        ("- a\n- b\n", ":1: a list; expected keys with values, `key: value`. Give each value a key."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["parameters", "catalog", "globals"])
@pytest.mark.parametrize("layer", ["platform", "project"])
def test_a_file_that_is_no_yaml_mapping_names_file_line_and_key(
    platform, conf, text, said, kind, layer
):
    source = conf("base/parameters.yml", "{}")
    folder = platform if layer == "platform" else source
    path = write(folder / "base" / f"{kind}.yml", text)
    assert f"{path}{said}" in fault(source, kind)


def test_a_file_that_is_not_utf8_is_named(platform, conf):
    source = conf("base/parameters.yml", "a: 1\n")
    path = source / "base" / "parameters.yml"
    path.write_bytes("a: 1\nb: é\n".encode("latin-1"))
    assert f"{path}:2: not UTF-8; expected text in UTF-8" in fault(source)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: ${b}\nb: ${a}\n", [":1: 'a'", ":2: 'b'", "'a' → 'b' → 'a'"]),
        ("a: ${a}\n", [":1: 'a'", "'a' → 'a'"]),
        ("x: ${a.b}\na:\n  b: ${.c}\n  c: ${a.b}\n", [":3: 'a.b'", ":4: 'a.c'", "'a.b' → 'a.c' → 'a.b'"]),
        ("a:\n  b: 'at ${a}'\n", [":2: 'a.b'", "'a.b' → 'a.b'"]),
        ("a: [1, '${b[0]}']\nb: ['${a[1]}']\n", [":1: 'a.1'", ":2: 'b.0'"]),
    ],
)  # fmt: skip
def test_an_interpolation_cycle_names_its_keys_and_lines(platform, conf, text, places):
    source = conf("base/parameters.yml", text)
    message = fault(source)
    for place in [*places, "in a circle; expected one of them to hold a plain value. Write it"]:
        assert place in message
    assert f"{source}/base/parameters.yml:" in message


def test_a_cycle_across_two_files_names_both(platform, conf):
    conf("base/parameters.yml", "a: ${b}\n")
    source = conf("base/parameters_more.yml", "b: ${a}\n")
    message = fault(source)
    assert "base/parameters.yml:1: 'a'" in message and "base/parameters_more.yml:1: 'b'" in message


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [("catalog", "a: {type: X}\n", 1), ("parameters", "o: 1\nn:\n  a: 1\n", 3)],
)
def test_a_duplicate_across_two_files_names_file_line_and_key_of_both(
    platform, conf, kind, text, line
):
    conf(f"base/{kind}.yml", text)
    source = conf(f"base/{kind}_more.yml", text.replace("o:", "p:"))
    key = "a" if kind == "catalog" else "n.a"
    one, more = (f"{source}/base/{name}.yml:{line}" for name in (kind, f"{kind}_more"))
    message = fault(source, kind)
    assert f"{more}: '{key}' stands also in {one}; expected each key in one file" in message
    assert "Delete one of them" in message


def test_another_layer_may_say_the_same_key(platform, conf):
    conf("base/parameters.yml", "a: 1\n")
    source = conf("prod/parameters.yml", "a: 2\n")
    assert PlatformConfigLoader(source, "prod")["parameters"] == {"a": 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x: 1\na.b:\n  type: ${nope}\n", ":3: 'a.b.type': Interpolation key 'nope' not found"),
        ("a: {type: '${globals:nope}'}\n", ":1: 'a.type': "),
        ("a:\n  type: '${nope:x}'\n", ":2: 'a.type': Unsupported interpolation type nope"),
    ],
)
def test_a_reference_to_nothing_names_its_place(platform, conf, text, said):
    source = conf("base/catalog.yml", text)
    message = fault(source, "catalog", "prod")
    assert f"{source}/base/catalog.yml{said}" in message
    assert "environment 'prod'" in message and "\n" not in message


def test_a_misspelt_platform_key_names_who_wants_it(platform, conf):
    source = conf("base/catalog.yml", "a: {type: '${platform:stor}'}\n")
    assert fault(source, "catalog") == (
        f"${{platform:stor}}: {platform}/platform.yml has no 'stor'. Did you mean 'store'? "
        f"(wanted by {source}/base/catalog.yml:1: 'a.type')."
    )


def test_an_error_of_our_own_is_not_taken_for_configuration(platform, conf, monkeypatch):
    loader = PlatformConfigLoader(conf("base/parameters.yml", "a: 1\n"))

    def broken(*_):
        raise AttributeError("a bug")

    monkeypatch.setattr(PlatformConfigLoader, "_layered", broken)
    with pytest.raises(AttributeError, match="a bug"):
        loader["parameters"]
