"""What runs inside a build: equal packages make an equal layer, and stay as they were."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from highroad.releases.dockerfile import template_file

PACKAGE = {
    "one/__init__.py": "value = {'a', 'b'}\n",
    "one/one.h": "",
    "one/broken.py": "is no Python of this version\n",
    "one/tests/test_one.py": "assert True\n",
    "one-1.dist-info/RECORD": "one/__init__.py,,\none/one.h,,\none/tests/test_one.py,,\n",
}


def compile_in(tmp_path: Path, name: str, files: dict[str, str]) -> dict[str, tuple[bytes, float]]:
    """The content and time of each file below a folder after the script ran on it."""
    site = tmp_path / name / "lib" / "site-packages"
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    script = tmp_path / "bytecode.py"
    script.write_text(template_file("bytecode.py"))
    subprocess.run(
        [sys.executable, str(script), str(tmp_path / name)],
        check=True,
        env=os.environ | {"HOME": str(tmp_path / f"home of {name}"), "PYTHONHASHSEED": "0"},
    )
    return {
        path.relative_to(site).as_posix(): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime)
        for path in site.rglob("*")
    }  # fmt: skip


def test_the_same_packages_in_another_order_are_the_same_bytes_and_times(tmp_path):
    one = compile_in(tmp_path / "1", "out", PACKAGE)
    assert one == compile_in(tmp_path / "2", "out", dict(reversed(PACKAGE.items())))
    assert {time for _, time in one.values()} == {315532800.0}


def test_packages_stay_as_they_are_and_get_bytecode_without_their_tests(tmp_path):
    found = compile_in(tmp_path, "out", PACKAGE)
    assert {name: found[name][0].decode() for name in PACKAGE} == PACKAGE
    (compiled,) = (name for name in found if name.endswith(".pyc"))
    assert compiled.startswith("one/__pycache__/__init__.")
    assert int.from_bytes(found[compiled][0][4:8], "little") == 0b01  # by hash, unchecked
