"""From an exception to one clear message and an exit code of its family."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click
from kedro.io import DatasetError

from highroad.errors import DataError, HighroadError, QualityError
from highroad.logs import hide

# What Kedro puts before the cause: the dataset's class and all its settings.
_WRAPPING = re.compile(r"^(Failed while (loading|saving) data (from|to) dataset|Validation failed)")


@contextmanager
def one_message(verbose: bool) -> Iterator[None]:
    """Print the error's message alone and exit with its family's code; verbose adds the traceback."""
    try:
        yield
    except (click.exceptions.Exit, click.ClickException, click.Abort):
        raise
    except Exception as error:
        text, code, is_expected = told(error)
        if verbose:
            click.secho(hide(traceback.format_exc()), fg="yellow", err=True, nl=False)
        click.secho(f"error: {hide(text)}", fg="red", err=True)
        if not is_expected and not verbose:
            click.echo("Run again with --verbose for the traceback.", err=True)
        raise click.exceptions.Exit(code) from None


def told(error: Exception) -> tuple[str, int, bool]:
    """The message, the exit code, and whether the error is one that a user can mend.

    A node's own ValueError counts as one: that is how nodes refuse data.
    """
    chain = list(_chain(error))
    where = "; ".join(note for each in chain for note in getattr(each, "__notes__", ()))
    known = next((each for each in chain if isinstance(each, HighroadError)), None)
    if known is not None:
        return _placed(where, str(known)), known.exit_code, True
    broken = next((each for each in chain if _breaks_contract(each)), None)
    if broken is not None:
        return _placed(where, _contract_message(broken)), QualityError.exit_code, True
    if isinstance(error, DatasetError) or any(type(each) is ValueError for each in chain):
        return _placed(where, _cause(chain)), DataError.exit_code, True
    own = str(error).strip()
    return (
        _placed(where, f"{type(error).__name__}: {own}" if own else type(error).__name__),
        1,
        False,
    )


def _placed(where: str, text: str) -> str:
    return f"{where}: {text}" if where else text


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
