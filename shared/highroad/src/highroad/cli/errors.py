"""Print an error as one clear message and leave with the exit code of its family."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

from highroad.hooks.messages import told
from highroad.logs import Formatter, wants_json
from highroad.secrets.redaction import redact


@contextmanager
def one_message(verbose: bool, retry: str = "--verbose", in_log: bool = False) -> Iterator[None]:
    """Print the error's message alone and exit with its family's code; verbose adds the traceback.

    Args:
        verbose: Print the traceback too.
        retry: How to ask for it; said where the error is one that nobody foresaw.
        in_log: The message ends a log, so it is a JSON object where the log is made of them.
    """
    try:
        yield
    except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
        raise  # click's own; who reads through `head` has seen enough
    except Exception as error:
        text, code, is_expected = told(error)
        hint = "" if is_expected or verbose else f"Run again with {retry} for the traceback."
        if in_log and wants_json():
            _say_as_json(text, hint, verbose)
        else:
            _say_plainly(text, hint, verbose)
        raise click.exceptions.Exit(code) from None


def _say_plainly(text: str, hint: str, verbose: bool) -> None:
    if verbose:
        click.secho(redact(traceback.format_exc()), fg="yellow", err=True, nl=False)
    click.secho(f"error: {redact(text)}", fg="red", err=True)
    if hint:
        click.echo(hint, err=True)


def _say_as_json(text: str, hint: str, verbose: bool) -> None:
    """In the form of the log, so that whoever reads it line by line understands every line."""
    more = {"hint": hint} if hint else {}
    record = logging.LogRecord(
        "highroad.cli",
        logging.ERROR,
        __file__,
        0,
        text,
        None,
        sys.exc_info() if verbose else None,
    )
    record.fields = more
    click.echo(Formatter().format(record), err=True)
