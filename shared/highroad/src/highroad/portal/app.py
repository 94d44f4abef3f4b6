"""The portal as an ASGI application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from highroad.errors import DataError, HighroadError, WorkspaceError
from highroad.lineage import page as lineage_page
from highroad.pages import stylesheet
from highroad.portal.attention import needs
from highroad.portal.knowledge import Knowledge
from highroad.portal.launching import help_text, launcher_routes
from highroad.portal.rendering import is_command_line, respond
from highroad.portal.security import Guard
from highroad.principal import Principal, current_principal

LOCAL = ("localhost", "127.0.0.1", "[::1]")


def portal_app(
    root: Path, env: str = "base", hosts: Sequence[str] = LOCAL, principal: Principal | None = None
) -> Starlette:
    """The portal of a repository.

    Args:
        root: The repository.
        env: The environment whose store and records it shows.
        hosts: The names it is called by; a request for another one is refused.
        principal: Whose view of the products everybody gets; None for whoever starts it.
    """
    knowledge = Knowledge(root, env, principal or current_principal())
    views = Views(knowledge)
    static = StaticFiles(directory=Path(__file__).parent / "static")
    routes = [
        Route("/", views.home),
        Route("/search", views.search),
        Route("/products", views.products),
        Route("/products/{name}", views.product),
        Route("/projects", views.projects),
        Route("/projects/{name}", views.project),
        Route("/runs", views.runs),
        Route("/runs/compare", views.compare),
        Route("/runs/{wanted}", views.run),
        Route("/models", views.models),
        Route("/models/{name}", views.model),
        Route("/releases", views.releases),
        Route("/releases/{wanted}", views.release),
        Route("/lineage", views.lineage),
        Route("/health", lambda _: PlainTextResponse("ok\n")),
        Route("/static/style.css", lambda _: Response(stylesheet(), media_type="text/css")),
        Mount("/static", static),
        *launcher_routes(knowledge),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*hosts]),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
        ],
        exception_handlers={
            HTTPException: _refused,
            WorkspaceError: _missing,
            HighroadError: _away,
            Exception: _failed,
        },
    )
    app.state.warm = knowledge.warm
    app.state.visible = knowledge.visible
    return app


class Views:
    """The pages of what there is; each is JSON too.

    Args:
        knowledge: What is known.
    """

    def __init__(self, knowledge: Knowledge):
        self._known = knowledge

    def home(self, request: Request) -> Response:
        """What needs somebody now."""
        if is_command_line(request):
            return help_text(request)
        needed, problems = needs(self._known)
        projects = self._known.projects()
        facts = {
            "organisation": self._known.platform().organisation,
            "needs": [need._asdict() for need in needed],
            "problems": problems,
            "products": sum(len(each.publishes) for each in projects),
            "projects": len(projects),
            "runs": [] if problems else self._known.runs()[:6],
        }
        return respond(request, "home.html", "Home", facts)

    def search(self, request: Request) -> Response:
        """Products, projects and models that have the words."""
        wanted = _word(request, "q")
        words = wanted.lower().split()
        projects = [
            {"name": each.name, "description": each.description, "owner": each.owner}
            for each in self._known.projects()
            if all(word in str(each).lower() for word in words)
        ]
        models = [
            name for name in self._known.models() if all(word in name.lower() for word in words)
        ]
        facts = {
            "wanted": wanted,
            "products": self._known.products(wanted),
            "projects": projects,
            "models": models,
        }
        return respond(request, "search.html", "Search", facts)

    def products(self, request: Request) -> Response:
        """Every product."""
        wanted = _word(request, "q")
        facts = {"wanted": wanted, "products": self._known.products(wanted)}
        return respond(request, "products.html", "Products", facts)

    def product(self, request: Request) -> Response:
        """One product."""
        name = request.path_params["name"]
        return respond(request, "product.html", name, self._known.product(name))

    def projects(self, request: Request) -> Response:
        """Every project."""
        facts = {"projects": self._known.project_list()}
        return respond(request, "projects.html", "Projects", facts)

    def project(self, request: Request) -> Response:
        """One project."""
        name = request.path_params["name"]
        return respond(request, "project.html", name, self._known.project(name))

    def runs(self, request: Request) -> Response:
        """The newest runs."""
        project = _word(request, "project") or None
        names = [each.name for each in self._known.projects()]
        facts = {"project": project, "runs": self._known.runs(project)}
        return respond(request, "runs.html", "Runs", facts, names=names)

    def compare(self, request: Request) -> Response:
        """Two runs against each other."""
        one, two = _word(request, "one"), _word(request, "two")
        if not (one and two):
            raise HTTPException(400, "Two runs are compared: /runs/compare?one=RUN&two=RUN.")
        facts = self._on_record(lambda: self._known.compared(one, two))
        return respond(request, "compare.html", "Two runs", facts)

    def run(self, request: Request) -> Response:
        """One run."""
        facts = self._on_record(lambda: self._known.run(request.path_params["wanted"]))
        return respond(request, "run.html", f"{facts['project']} {facts['id'][:12]}", facts)

    def models(self, request: Request) -> Response:
        """Every model."""
        return respond(request, "models.html", "Models", {"models": self._known.models()})

    def model(self, request: Request) -> Response:
        """One model."""
        name = request.path_params["name"]
        return respond(request, "model.html", name, self._known.model(name))

    def releases(self, request: Request) -> Response:
        """Releases, and where they are deployed."""
        facts = {"releases": self._known.releases(), **self._known.deployed()}
        return respond(request, "releases.html", "Releases and deployments", facts)

    def release(self, request: Request) -> Response:
        """One release."""
        facts = self._on_record(lambda: self._known.release(request.path_params["wanted"]))
        title = f"{facts['project']} {facts['version']}"
        return respond(request, "release.html", title, facts)

    def lineage(self, request: Request) -> Response:
        """What was made from what."""
        around = _word(request, "of")
        graph = self._on_record(lambda: self._known.graph(around))
        title = f"Lineage of {around or 'all projects'}"
        drawing = "\n".join(lineage_page.parts(graph, title)) if graph.nodes else ""
        names = sorted({node.title for node in self._known.graph().nodes})
        return respond(
            request,
            "lineage.html",
            title,
            graph.to_dict(),
            around=around,
            drawing=drawing,
            names=names,
        )

    def _on_record(self, find: Callable[[], Any]) -> Any:
        """What a finder gives; 404 where the records have no such thing, and not where they are away."""
        try:
            return find()
        except DataError as error:
            if self._known.records_answer():
                raise HTTPException(404, str(error)) from error
            raise


def _word(request: Request, name: str) -> str:
    values = request.query_params.getlist(name)
    if len(values) > 1 or any(len(value) > 200 for value in values):
        raise HTTPException(400, f"{name} is expected once, with at most 200 characters.")
    return values[0].strip() if values else ""


def _error(request: Request, status: int, title: str, message: str) -> Response:
    facts = {"status": status, "error": message}
    return respond(request, "error.html", title, facts, status=status)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    titles = {404: "Not found", 405: "Not possible"}
    response = _error(
        request, error.status_code, titles.get(error.status_code, "Not understood"), error.detail
    )
    response.headers.update(error.headers or {})
    return response


def _missing(request: Request, error: Exception) -> Response:
    return _error(request, 404, "Not found", str(error))


def _away(request: Request, error: Exception) -> Response:
    return _error(request, 503, "Not available", str(error))


def _failed(request: Request, error: Exception) -> Response:
    """Nothing of the error reaches whoever asked; it is in the log."""
    return _error(request, 500, "Something failed", "The portal's log has the reason.")
