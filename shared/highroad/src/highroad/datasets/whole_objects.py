"""Objects of remote stores are written whole or not at all.

An object shows up when its upload is completed, and fsspec completes the upload whenever a file
is closed, also when the body of its `with` raised: half an object then stands for the whole.
Every fsspec file system whose files are `AbstractBufferedFile`s (S3, GCS and most others) is
mended here at once. Two things stay as they are: file systems with files of their own kind
(Arrow's wrappers, fsspec's `memory://`), and text files that nobody ever closes.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any

from fsspec.spec import AbstractBufferedFile

from highroad.datasets.unfinished import Opening

logger = logging.getLogger(__name__)
# Where a later fsspec lacks one of these, its files stay as they are.
NEEDED = ("__init__", "close", "__exit__", "__del__", "discard")


def install() -> None:
    """Discard failed uploads in the whole process. Calling it again changes nothing."""
    if all(hasattr(AbstractBufferedFile, name) for name in NEEDED) and not hasattr(
        AbstractBufferedFile, "_highroad_close"
    ):
        kind: Any = AbstractBufferedFile
        kind._highroad_init, kind._highroad_close = kind.__init__, kind.close
        kind.__init__, kind.close = _init, _close
        kind.__exit__, kind.__del__ = _exit, _del


def _init(self: Any, *rest: Any, **named: Any) -> None:
    self._highroad_opening = Opening()
    self._highroad_init(*rest, **named)


def _close(self: Any) -> None:
    failure = self._highroad_opening.failure() if _is_unfinished(self) else None
    if failure is None:
        self._highroad_close()
    else:
        _discard(self, failure)


def _exit(
    self: Any,
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    if error is not None and _is_unfinished(self):
        _discard(self, error)
    else:
        self.close()


def _del(self: Any) -> None:
    if _is_unfinished(self):
        _discard(self, None)
    elif not self.closed:
        self.close()


def _is_unfinished(file: Any) -> bool:
    return not file.closed and file.mode != "rb" and not getattr(file, "forced", True)


def _discard(file: Any, why: BaseException | None) -> None:
    reason = f"{type(why).__name__} was raised" if why else "nobody closed it"
    logger.warning("%s is not written: %s.", file.path, reason)
    try:
        file.discard()
    except Exception:  # the first failure is the one to report
        logger.warning("%s: the begun upload could not be taken back.", file.path, exc_info=True)
    finally:
        file.closed = True
