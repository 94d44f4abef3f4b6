"""The organisation's checks."""

from highroad.testing import CheckContract
from platform_extensions.checks import HeadlineIsNamed

HEAD = """
[project]
name = "shop"
dependencies = []

[tool.kedro]
package_name = "shop"

[tool.highroad]
description = "A shop"
owner = "till"
kind = "model"
"""
MODEL = '[tool.highroad.models]\nsales = { metric = "mae" }\n'
HEADLINE = 'headline = { dataset = "metrics", key = "mae", label = "MAE" }\n'


class TestHeadlineIsNamed(CheckContract):
    check = HeadlineIsNamed()
    good = {"projects/shop/pyproject.toml": HEAD + HEADLINE + MODEL}
    bad = {"projects/shop/pyproject.toml": HEAD + MODEL}
