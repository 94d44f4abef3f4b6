"""The launcher's addresses: its page, Explore, the metadata document, archives and help for a terminal."""

from __future__ import annotations

import shlex
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from highroad.errors import StarterError
from highroad.portal.knowledge import Knowledge
from highroad.portal.launcher import (
    ARCHIVES,
    MEDIA_TYPE,
    Launcher,
    answers_of,
    command_of,
    query_of,
)
from highroad.portal.rendering import respond, wants_json
from highroad.portal.security import LARGEST_BODY
from highroad.starter.choices import CHOICES, MODEL, Answers

_HELP = """\
 Highroad's launcher: a data-science project that runs, is tested and conforms.

 Unpack it in the folder of your platform repository:

   curl -fsS '{at}/starter.tgz?name=arrivals&kind=model' | tar xz

 What may be chosen, as JSON: {at}/metadata/client
 In a browser, with every product's contract: {at}/launch

 choice       default        what
{choices}
"""


def launcher_routes(knowledge: Knowledge) -> list[Route]:
    """The launcher's routes."""
    views = Views(Launcher(knowledge))
    return [
        Route("/launch", views.form),
        Route("/explore", views.explore),
        Route("/metadata/client", views.metadata),
        *(
            Route(f"/starter.{form}", views.archive, methods=["GET", "POST"], name=form)
            for form in ARCHIVES
        ),
    ]


def help_text(request: Request) -> Response:
    """How to use the launcher from a terminal."""
    at = str(request.base_url).rstrip("/")
    rows = [("name", "my_project", "The project's name")]
    rows += [(choice.name, choice.default or "-", choice.what) for choice in CHOICES]
    lines = [f" {name.ljust(12)} {default.ljust(14)} {what}" for name, default, what in rows]
    return PlainTextResponse(_HELP.format(at=at, choices="\n".join(lines)))


class Views:
    """The launcher's pages.

    Args:
        launcher: What makes the files.
    """

    def __init__(self, launcher: Launcher):
        self._launcher = launcher

    def form(self, request: Request) -> Response:
        """The page: every choice, with what is not possible and why."""
        answers, problem = self._answers(request), ""
        status = 200
        if request.query_params:
            try:
                self._launcher.files(answers)
            except StarterError as error:
                problem, status = str(error), 400
        metadata = self._launcher.metadata()
        facts = {
            "answers": answers._asdict(),
            "command": shlex.join(command_of(answers)),
            "query": query_of(answers),
            "problem": problem,
        }
        first = not answers.products
        impossible = {
            product["id"]: entry["reason"]
            for product in metadata["consumes"]["values"]
            for entry in product["disabled"]
            if first and answers.kind == MODEL
        }
        return respond(
            request,
            "launch.html",
            "Launch a project",
            facts,
            status=status,
            metadata=metadata,
            chosen=answers.products,
            impossible=impossible,
        )

    def explore(self, request: Request) -> Response:
        """Every file of the archive, as it is in it."""
        answers = self._answers(request)
        files = self._made(answers)
        facts = {"name": answers.name, "files": files, "query": query_of(answers)}
        return respond(request, "explore.html", f"Explore {answers.name}", facts)

    def metadata(self, request: Request) -> Response:
        """The metadata document."""
        content, tag = self._launcher.document()
        headers = {"ETag": tag, "Cache-Control": "private, max-age=60, must-revalidate"}
        known = request.headers.get("if-none-match", "")
        if tag in (each.strip().removeprefix("W/") for each in known.split(",")) or known == "*":
            return Response(status_code=304, headers=headers)
        kind = "application/json" if wants_json(request) else MEDIA_TYPE
        return Response(content, media_type=kind, headers=headers)

    async def archive(self, request: Request) -> Response:
        """The archive, of the parameters of the address or of a form."""
        pairs = request.query_params.multi_items()
        if request.method == "POST":
            pairs += await _form(request)
        return await run_in_threadpool(self._packed, request, pairs)

    def _packed(self, request: Request, pairs: list[tuple[str, str]]) -> Response:
        form = request.url.path.rpartition(".")[2]
        pack, kind = ARCHIVES[form]
        answers = _read(pairs)
        content = pack(self._made(answers))
        headers = {"Content-Disposition": f'attachment; filename="{answers.name}.{form}"'}
        return Response(content, media_type=kind, headers=headers)

    def _answers(self, request: Request) -> Answers:
        return _read(request.query_params.multi_items())

    def _made(self, answers: Answers) -> dict[str, str]:
        try:
            return self._launcher.files(answers)
        except StarterError as error:
            raise HTTPException(400, str(error)) from error


def _read(pairs: list[tuple[str, str]]) -> Answers:
    try:
        return answers_of(pairs)
    except StarterError as error:
        raise HTTPException(400, str(error)) from error


async def _form(request: Request) -> list[tuple[str, str]]:
    """The fields of a form that is not larger than a form may be."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "Expected a form: application/x-www-form-urlencoded.")
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            raise HTTPException(413, f"A body may have at most {LARGEST_BODY} bytes.")
    try:
        return parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise HTTPException(400, f"The form cannot be read: {error}.") from error
