"""`highroad reproduce`: a run again, from what is on record of it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from highroad.cli.errors import one_message
from highroad.cli.options import env_option, json_option, verbose_option
from highroad.cli.runs import reader_of, run_argument


@click.command()
@run_argument
@env_option
@json_option
@verbose_option
def reproduce(run: str, env: str, as_json: bool, verbose: bool) -> None:
    """Run RUN again at its commit, lock and data versions, and say whether the same comes out.

    It happens in a worktree and a store of its own. Exits with 10 where something differs.
    """
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.errors import QualityError
    from highroad.tracking.reproducing import DIFFERS
    from highroad.tracking.reproducing import reproduce as reproduced

    with one_message(verbose):
        record = reader_of(env).find(run)
        root = find_platform_conf().parent
        store = load_platform(root / "platform-conf").store_root(env, root)
        found = reproduced(record, root, store)
        if as_json:
            click.echo(json.dumps([asdict(each) for each in found], indent=2))
        else:
            click.echo(f"{record.project} {record.id}, commit {str(record.code['commit'])[:12]}")
            for each in found:
                click.echo(f"  {each.name}: {each.verdict}{f': {each.says}' if each.says else ''}")
        if different := [each.name for each in found if each.verdict == DIFFERS]:
            raise QualityError(f"not reproduced: {', '.join(different)}")
