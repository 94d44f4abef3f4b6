"""`python -m {{ cookiecutter.python_package }}`: the packaged project, run as `kedro run` runs it."""

from pathlib import Path

from highroad.cli import use_platform_logging


def main() -> None:
    """Run the project; takes the arguments of `kedro run`."""
    use_platform_logging()
    from kedro.framework.cli.utils import find_run_command
    from kedro.framework.project import configure_project

    package = Path(__file__).parent.name
    configure_project(package)
    find_run_command(package)(prog_name=package)


if __name__ == "__main__":
    main()
