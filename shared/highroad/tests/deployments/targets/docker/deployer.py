"""Deploy in a process of its own, to be killed: RELEASE SCOPE."""

from __future__ import annotations

import sys

from deployments.targets.docker.stage import stage

if __name__ == "__main__":
    from highroad.deployments.deploying import deploy
    from highroad.deployments.targets.docker.target import DockerTarget

    # As in the tests: the run that proves a release takes longer than all the rest.
    DockerTarget.smoke_test = lambda self, release, tell: {}  # type: ignore[method-assign]
    release, scope = sys.argv[1:]
    route = stage(scope, after=None)
    print("ready", flush=True)
    deploy(route, release, "to be killed")
