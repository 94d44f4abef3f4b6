"""An object of a remote store is the old one or the new one, never half of it."""

from __future__ import annotations

import gc
import io

import fsspec
import pytest
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from highroad.datasets import whole_objects

BLOCK = 8


class Upload(AbstractBufferedFile):
    """As s3fs does it: parts are sent as they fill, the object shows when all are completed."""

    def _initiate_upload(self):
        self.parts = []

    def _upload_chunk(self, final=False):
        self.parts.append(self.buffer.getvalue())
        if final:
            self.fs.objects[self.path] = b"".join(self.parts)

    def discard(self):
        self.fs.discarded.append(self.path)

    def _fetch_range(self, start, end):
        return self.fs.objects[self.path][start:end]


class ObjectStore(AbstractFileSystem):
    protocol = "objects"

    def __init__(self, **options):
        super().__init__(**options)
        self.objects = {"a": b"old"}
        self.discarded = []

    def _open(self, path, mode="rb", block_size=None, **options):
        return Upload(self, path, mode, block_size=BLOCK, **options)

    def info(self, path, **_):
        return {"name": path, "size": len(self.objects[path]), "type": "file"}


@pytest.fixture
def store():
    whole_objects.install()
    return ObjectStore(skip_instance_cache=True)


def through_the_file_system(store, mode):
    return store.open("a", mode)


def through_open_file(store, mode):
    return fsspec.core.OpenFile(store, "a", mode)


def through_gzip(store, mode):
    return fsspec.core.OpenFile(store, "a", mode, compression="gzip")


WAYS = [through_the_file_system, through_open_file, through_gzip]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["w", "wb"])
@pytest.mark.parametrize("times", [1, 50])
def test_an_exception_discards_the_upload(store, way, mode, times, caplog):
    with pytest.raises(KeyError), way(store, mode) as file:
        file.write(("new" if mode == "w" else b"new") * times)
        raise KeyError
    gc.collect()
    assert store.objects == {"a": b"old"}
    assert store.discarded == ["a"]
    assert "a is not written: KeyError was raised." in caplog.text


@pytest.mark.parametrize("way", WAYS[:2])
@pytest.mark.parametrize("mode", ["w", "wb"])
@pytest.mark.parametrize("times", [1, 50])
def test_without_one_it_is_completed(store, way, mode, times):
    try:
        raise ValueError
    except ValueError:  # an error that was there before is not this file's
        with way(store, mode) as file:
            file.write(("new" if mode == "w" else b"new") * times)
    assert store.objects == {"a": b"new" * times}
    assert store.discarded == []


def test_a_file_that_nobody_closes_is_discarded(store):
    file = store.open("a", "wb")
    file.write(b"new" * 50)
    del file
    gc.collect()
    assert store.objects == {"a": b"old"}


def test_reading_ends_as_ever(store):
    with pytest.raises(KeyError), store.open("a", "rb") as file:
        assert file.read() == b"old"
        raise KeyError
    assert file.closed and store.discarded == []
    with io.TextIOWrapper(store.open("a", "rb")) as text:
        assert text.read() == "old"


def test_a_discard_that_fails_hides_no_error(store, monkeypatch, caplog):
    def broken(_):
        raise OSError("no network")

    monkeypatch.setattr(Upload, "discard", broken)
    with pytest.raises(KeyError), store.open("a", "wb") as file:
        file.write(b"new")
        raise KeyError
    assert file.closed and store.objects == {"a": b"old"}
    assert "could not be taken back" in caplog.text


def test_what_is_replaced_is_there():
    """Where this fails, fsspec changed: failed uploads may be completed again."""
    assert all(hasattr(AbstractBufferedFile, name) for name in whole_objects.NEEDED)
    whole_objects.install()
    before = AbstractBufferedFile._highroad_close
    whole_objects.install()
    assert AbstractBufferedFile._highroad_close is before
