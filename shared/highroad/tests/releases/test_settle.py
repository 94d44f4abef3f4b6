"""What runs inside a build: equal packages make an equal layer, and they still work."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from highroad.releases.dockerfile import template_file

PACKAGE = {
    "one/__init__.py": "value = {'a', 'b'}\n",
    "one/fast.pyx": "",
    "one/one.h": "",
    "one/fast.pyi": "value: int\n",
    "one/lazy.py": "load_what_my_stub_says = True\n",
    "one/lazy.pyi": "from .fast import value\n",
    "one/data/examples-1.json": "{}",
    "botocore/data/s3/2006-03-01/examples-1.json": "{}",
    "one/data/few.txt": "few",
    "one/data/same.txt": "few",
    "one/libone.so.1": "a library" * 500,
    "one/libone.so.1.2": "a library" * 500,
    "one/tests/test_one.py": "assert True\n",
    "one/test/data.py": "kept = 'no test runner collects this'\n",
    "one-1.dist-info/RECORD": "one/__init__.py,,\none/one.h,,\none/tests/test_one.py,,\n",
    "one-1.dist-info/direct_url.json": "{}",
}


def settle(tmp_path: Path, name: str, files: dict[str, str]) -> Path:
    top = tmp_path / name
    for path, text in files.items():
        file = top / "lib" / "site-packages" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    script = tmp_path / "settle.py"
    script.write_text(template_file("settle.py"))
    subprocess.run(
        [sys.executable, str(script), str(top)],
        check=True,
        env=os.environ | {"HOME": str(tmp_path)},
    )
    return top


def contents(top: Path) -> dict[str, tuple[bytes, float]]:
    return {
        path.relative_to(top).as_posix(): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime)
        for path in top.rglob("*")
    }  # fmt: skip


def test_the_same_packages_in_another_order_are_the_same_bytes_and_times(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    one = contents(settle(tmp_path / "a", "top", PACKAGE))
    other = contents(settle(tmp_path / "b", "top", dict(reversed(PACKAGE.items()))))
    assert {name: each for name, each in one.items() if "__pycache__/" not in name} == {
        name: each for name, each in other.items() if "__pycache__/" not in name
    }
    assert {time for _, time in one.values()} == {315532800.0}
    assert set(one) == set(other)


def test_tests_headers_and_traces_of_the_build_are_gone_and_the_record_is_true(tmp_path):
    found = contents(settle(tmp_path, "top", PACKAGE))
    names = {name.removeprefix("lib/site-packages/") for name in found}
    assert not names & {"one/tests", "one/one.h", "one/fast.pyx", "one-1.dist-info/direct_url.json"}
    assert not names & {"one/fast.pyi", "botocore/data/s3/2006-03-01/examples-1.json"}
    assert {"one/test/data.py", "one/lazy.pyi", "one/data/examples-1.json"} <= names
    record, _ = found["lib/site-packages/one-1.dist-info/RECORD"]
    assert record == b"one/__init__.py,,\n"


def test_equal_files_are_one_file_with_several_names(tmp_path):
    package = settle(tmp_path, "top", PACKAGE) / "lib" / "site-packages" / "one"
    assert (package / "libone.so.1").samefile(package / "libone.so.1.2")
    assert (package / "libone.so.1").stat().st_nlink == 2
    assert (package / "libone.so.1.2").read_text() == "a library" * 500
    assert (package / "data/few.txt").stat().st_nlink == 1  # would save nothing


def test_bytecode_is_never_held_against_its_source(tmp_path):
    top = settle(tmp_path, "top", PACKAGE)
    (code,) = (top / "lib/site-packages/one/__pycache__").glob("__init__.*.pyc")
    assert int.from_bytes(code.read_bytes()[4:8], "little") == 0b01  # by hash, unchecked


@pytest.mark.skipif(sys.platform != "linux", reason="shared libraries of Linux")
def test_a_library_without_what_a_debugger_reads_is_smaller_and_works(tmp_path):
    site = tmp_path / "top" / "lib" / "site-packages"
    installed = Path(numpy.__file__).parents[1]
    for folder in ("numpy", "numpy.libs", next(installed.glob("numpy-*.dist-info")).name):
        shutil.copytree(installed / folder, site / folder)
    before = sum(path.stat().st_size for path in site.rglob("*.so*"))
    settle(tmp_path, "top", {})
    assert sum(path.stat().st_size for path in site.rglob("*.so*")) < before
    script = (
        "import numpy; print(float(numpy.linalg.inv([[2.0, 0], [0, 4]]).sum()), numpy.__file__)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {script}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.split() == ["0.75", str(site / "numpy" / "__init__.py")]
    with next(site.glob("numpy-*.dist-info/RECORD")).open() as record:
        sizes = {row[0]: row[2] for row in csv.reader(record)}
    cut = [name for name in sizes if name.endswith(".so")]
    assert cut and all(int(sizes[name]) == (site / name).stat().st_size for name in cut)
