"""From an exception to one clear message and an exit code of its family."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click
from kedro.io import DatasetError

from highroad.errors import DataError, HighroadError
from highroad.logs import hide


@contextmanager
def one_message(verbose: bool) -> Iterator[None]:
    """Print the error's message alone and exit with its family's code; verbose adds the traceback."""
    try:
        yield
    except (click.exceptions.Exit, click.ClickException, click.Abort):
        raise
    except Exception as error:
        known = next((each for each in _chain(error) if isinstance(each, HighroadError)), None)
        if verbose:
            click.secho(hide(traceback.format_exc()), fg="yellow", err=True, nl=False)
        click.secho(f"error: {hide(str(known or _innermost_message(error)))}", fg="red", err=True)
        if known is None and not verbose:
            click.echo("Run again with --verbose for the traceback.", err=True)
        raise click.exceptions.Exit(_exit_code(error, known)) from None


def _exit_code(error: Exception, known: HighroadError | None) -> int:
    if known is not None:
        return known.exit_code
    return DataError.exit_code if isinstance(error, DatasetError) else HighroadError.exit_code


def _innermost_message(error: BaseException) -> str:
    """Kedro's wrapper says which dataset, its cause says why: both, each once."""
    own = str(error).strip() or type(error).__name__
    cause = error.__cause__
    if cause is None or str(cause).strip() in own:
        return own
    return f"{own}\n{type(cause).__name__}: {cause}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
