"""The commands of `highroad` that are nox sessions too: one table for the command line and for nox."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Command(NamedTuple):
    """A command that a session runs.

    Attributes:
        session: The session's name.
        words: The command, as it follows `highroad`.
        help: One line for `nox --list`.
        group: Under which heading of the menu the session stands.
        default: The arguments where none is given.
        scope: `repository`: one session, in the platform's environment. `deployable`: one per project, in the
            platform's environment, for projects from silver on. `project`: one per project, in its own
            environment. `owner`: one session, in the environment of the project whose dataset or model is named.
        tags: Tags of the session.
        fails_bronze: False where a project that is held to bronze is shown what is wrong, and passes.
    """

    session: str
    words: str
    help: str
    group: str
    default: tuple[str, ...] = ()
    scope: Literal["repository", "deployable", "project", "owner"] = "repository"
    tags: tuple[str, ...] = ()
    fails_bronze: bool = True


START, CHECK, SHIP, LOOK, CARE = "Start", "Check", "Ship", "Look", "Keep"
HELP = ("--help",)
COMMANDS = (
    Command("new", "new", "Make a project: -- arrivals --kind model --consumes flights.departures", START, HELP),
    Command("adopt", "adopt", "Bring in an existing Kedro project, on a branch: -- ../churn --owner passenger-care", START, HELP),
    Command("summary", "summary", "Print the last run of every project in one table", START),
    Command("catalog", "catalog", "Check a project's merged catalog and its contracts in every environment", CHECK, scope="project", tags=("ci", "check"), fails_bronze=False),
    Command("contracts", "contracts", "Lint every contract; -- diff origin/main shows what changed and for whom", CHECK, ("lint",), tags=("ci", "check")),
    Command("conform", "doctor", "Show each project's conformance level and its next step: -- --all; -- --project delays", CHECK, tags=("ci",)),
    Command("explain", "config explain", "Show where a configuration value comes from: -- platform.store --project delays", CHECK, HELP),
    Command("releases", "releases", "List releases; -- show delays; -- compare delays~1 delays; -- verify delays", SHIP, ("list",)),
    Command("deploy", "deploy", "Deploy a project's release to an environment: -- --env staging", SHIP, scope="deployable", tags=("deploy",)),
    Command("rollback", "rollback", "Return to a project's release before, without building: -- --env prod", SHIP, scope="deployable"),
    Command("deployments", "deployments", "Show what is deployed where; -- list shows the ledger; -- run --project flights --env prod", SHIP, ("status",)),
    Command("drill", "deployments drill", "Deploy a good release and broken ones in isolation: the good one stays", SHIP, scope="deployable", tags=("ci",)),
    Command("base_image", "image base", "Have the base image: pulled, or built from Debian's packages where no registry answers", SHIP),
    Command("tasks", "workflow tasks", "Show the tasks that a scheduler runs a project's pipeline as: -- --env prod", SHIP, scope="project"),
    Command("dag", "workflow dag", "Write an Airflow DAG that runs a project's working tree: -- --env base --to dags", SHIP, scope="project"),
    Command("serve", "serve", "Serve a project's newest registered model on this machine: -- --port 8081; -- --model prod", SHIP, scope="project"),
    Command("load", "load", "Start a project's service, load it to its maximum and to half of it, and report: -- --rows 100", CHECK, scope="project"),
    Command("portal", "portal", "Show all of it in a browser, and launch projects; prints the address: -- --port 8801", LOOK),
    Command("products", "products", "List data products: version, rows, age, owner, consumers", LOOK, ("status",)),
    Command("access", "access", "List the products that you may see; -- why anna read flights.departures; -- diff origin/main", LOOK, ("catalog",)),
    Command("drift", "drift", "Compare partitions of a product: -- flights.departures --reference 2013-01 --html", LOOK, HELP),
    Command("runs", "runs", "List run records; -- show delays; -- compare delays~1 delays", LOOK, ("list",)),
    Command("models", "models", "List registered models; -- show delays.classifier; -- promote delays.classifier@3 --to staging", LOOK, ("list",), scope="owner"),
    Command("trace", "trace", "Show the chain around a file, product, model or run: -- delays.scores", LOOK, HELP),
    Command("lineage", "lineage", "Show what was made from what across projects: -- delays --html", LOOK),
    Command("reproduce", "reproduce", "Repeat a run at its commit, lock and data, and compare: -- delays", LOOK, HELP),
    Command("upgrade", "upgrade", "Upgrade projects to the current template, keeping their teams' changes: -- delays; -- --report", CARE),
    Command("retention", "products retention", "Show which old rows and files of products would go; -- --apply removes them", CARE),
    Command("own", "own", "Make a clone your own: -- --organisation Acme --keep flights", CARE, HELP),
    Command("codeowners", "codeowners", "Print CODEOWNERS from the owners of projects; -- --write writes it", CARE),
)  # fmt: skip
