"""Refuse what makes no project, before anything is written."""

import sys
from pathlib import Path

from highroad.errors import HighroadError
from highroad.starter.making import require_answers

ANSWERS = {
    "kind": "{{ cookiecutter.kind }}",
    "frame": "{{ cookiecutter.frame }}",
    "consumes": "{{ cookiecutter.consumes }}",
    "owner": "{{ cookiecutter.owner }}",
    "packages": "{{ cookiecutter.packages }}",
    "description": "{{ cookiecutter.description }}",
}

try:
    require_answers("{{ cookiecutter.repo_name }}", ANSWERS, Path.cwd())
except HighroadError as error:
    sys.exit(f"error: {error}")
