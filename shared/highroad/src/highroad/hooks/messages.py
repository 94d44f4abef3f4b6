"""From an exception to the one message that a person needs, and the exit code of its family."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import NamedTuple

from highroad.errors import ConfigError, DataError, HighroadError, QualityError

# What Kedro puts before the cause: the dataset's class and all its settings.
_WRAPPING = re.compile(
    r"^(\S+: )?(Failed while (loading|saving) data (from|to) dataset|Validation failed)"
)
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FULL_WAY_OUT = "The old data is whole. Make room, or name another HIGHROAD_STORE, and run again."


class Told(NamedTuple):
    """What to say of an error; `is_expected` where a user can mend it without a traceback."""

    text: str
    exit_code: int
    is_expected: bool


def told(error: BaseException) -> Told:
    """The message, the exit code, and whether the error is one that a user can mend.

    A node's own ValueError counts as one: that is how nodes refuse data.
    """
    chain = list(_chain(error))
    where = "; ".join(note for each in chain for note in getattr(each, "__notes__", ()))
    known = next((each for each in chain if isinstance(each, HighroadError)), None)
    if known is not None:
        return Told(_placed(where, str(known)), known.exit_code, True)
    broken = next((each for each in chain if _breaks_contract(each)), None)
    if broken is not None:
        return Told(_placed(where, _contract_message(broken)), QualityError.exit_code, True)
    if any(isinstance(each, OSError) and each.errno in _FULL for each in chain):
        return Told(_placed(where, f"{_cause(chain)}. {_FULL_WAY_OUT}"), DataError.exit_code, True)
    is_refusal = any(type(each) is ValueError for each in chain)
    if _is_of_a_dataset(error) or (where and is_refusal):
        return Told(_placed(where, _cause(chain)), DataError.exit_code, True)
    if is_refusal and _is_from_kedro(error):  # a pipeline, node or tag that does not exist
        return Told(str(error).strip(), ConfigError.exit_code, True)
    own = str(error).strip()
    text = f"{type(error).__name__}: {own}" if own else type(error).__name__
    return Told(_placed(where, text), HighroadError.exit_code, False)


def _placed(where: str, text: str) -> str:
    return f"{where}: {text}" if where else text


def _is_of_a_dataset(error: BaseException) -> bool:
    from kedro.io import DatasetError  # most commands never load Kedro, and end well

    return isinstance(error, DatasetError)


def _is_from_kedro(error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = str(trace.tb_frame.f_globals.get("__name__", "")) if trace is not None else ""
    return module.startswith("kedro.")


def _breaks_contract(error: BaseException) -> bool:
    """Kedro's validation error, raised by a validator and not by what went wrong inside one."""
    return type(error).__name__ == "DataValidationError" and error.__cause__ is None


def _contract_message(error: BaseException) -> str:
    failures = getattr(error, "failures", [])
    lines = [str(getattr(error, "message", error))]
    for each in failures:
        count = f"{each.failure_count:,} {'row' if each.failure_count == 1 else 'rows'}"
        example = f", such as {each.failure_examples[0]}" if each.failure_examples else ""
        lines.append(f"  {each.check}: {count}{example}")
    return "\n".join(lines)


def _cause(chain: list[BaseException]) -> str:
    """The innermost message that says something, without Kedro's description of the dataset."""
    for each in reversed(chain):
        if type(each).__name__ == "_RemoteTraceback":  # a child's, as text
            continue
        lines = [
            line for line in str(each).splitlines() if line.strip() and not _WRAPPING.match(line)
        ]
        if lines:
            return "\n".join(lines)
    return str(chain[0]).strip() or type(chain[0]).__name__


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
