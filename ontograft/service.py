"""The HTTP service: what `link`, `ground`, `predict` and `show` answer, over HTTP.

Needs the extra `ontograft[serve]` (FastAPI, uvicorn). Every fault is answered as
`application/problem+json` (RFC 9457) with our `what`, `where` and `mend` beside the standard
members. The page at /docs is our own and loads nothing from elsewhere.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Annotated, Any, Protocol, TypeVar, runtime_checkable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg import KnowledgeBase
from kg.errors import InputError, OntograftError, UnknownEntityError
from linking import Candidate, LinkedText
from ontograft import __version__

MAX_BODY_BYTES = 1 << 20
MAX_DRAIN_BYTES = 16 << 20
MAX_TEXT = 20_000
"""Most code points of one text."""

MAX_TEXTS = 64
"""Most texts of one request."""

MAX_MENTIONS = 1000
"""Most mentions of one request."""

MAX_CANDIDATES = 100
"""Most candidates of one mention."""

PROBLEM = "application/problem+json"

Answer = TypeVar("Answer")


class Answerable(Protocol):
    """What the service needs: `linking.FollowingLinker` has it, and `model.Predictor`."""

    kb: KnowledgeBase

    @property
    def kb_version(self) -> str:
        """Of the knowledge base as it was at the last answer."""

    def link(self, text: str, *, id: str = "") -> LinkedText:
        """The links of a text."""

    def ground(
        self, mentions: Sequence[str], *, k: int, texts: Sequence[str] | None = None
    ) -> list[tuple[Candidate, ...]]:
        """The candidates of given mentions."""


@runtime_checkable
class Predicting(Answerable, Protocol):
    """What the service needs of `model.Predictor` on top."""

    model_version: str

    def predict(self, text: str) -> Any:
        """The labels of a text; has `to_json`."""


class Texts(BaseModel):
    """One text, or several."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Seizures and a small head since birth."}]},
    )

    text: Annotated[str, Field(max_length=MAX_TEXT)] | None = None
    texts: (
        Annotated[list[Annotated[str, Field(max_length=MAX_TEXT)]], Field(max_length=MAX_TEXTS)]
        | None
    ) = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Texts":
        if (self.text is None) == (self.texts is None):
            raise ValueError("give either `text` or `texts`")
        return self


class Mentions(BaseModel):
    """Mentions that are known to be some."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"mentions": ["small head since birth"], "k": 3}]},
    )

    mentions: Annotated[
        list[Annotated[str, Field(max_length=MAX_TEXT)]], Field(max_length=MAX_MENTIONS)
    ]
    texts: list[Annotated[str, Field(max_length=MAX_TEXT)]] | None = None
    k: Annotated[int, Field(ge=1, le=MAX_CANDIDATES)] = 10


class OneAtATime:
    """Runs calls in one thread, in order: the predictor must not be used by two at once."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predictor")

    async def run(self, call: Callable[[], Answer]) -> Answer:
        """Wait for one's turn and for the answer, without holding up other requests."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def create_app(answering: Answerable) -> FastAPI:
    """The application that answers with a linker or a predictor.

    Args:
        answering: used by one thread at a time; the service does not close it. There is no
            /predict without a predictor.
    """
    app = FastAPI(
        title="Ontograft",
        version=__version__,
        description="Links texts to the concepts of an ontology and classifies them with it.",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"content": {PROBLEM: {}}, "description": "what, where, mend"}},
    )
    turn = OneAtATime()

    @app.post("/link", summary="Find the concepts that a text mentions")
    async def link(texts: Texts) -> Any:
        """The document of `ontograft link --json`; a list of them for `texts`."""
        return await turn.run(lambda: _each(texts, lambda text: answering.link(text).to_json()))

    @app.post("/ground", summary="Rank the concepts that given mentions may mean")
    async def ground(asked: Mentions) -> list[dict[str, Any]]:
        """The lines of `ontograft ground --json`; `texts`: the text of each, for its context."""
        return await turn.run(lambda: _grounded(answering, asked))

    if isinstance(answering, Predicting):
        _add_predict(app, answering, turn)

    @app.get("/entities/{curie:path}", summary="Show an entity")
    async def entity(curie: str) -> dict[str, Any]:
        """The document of `ontograft show --json`; by CURIE or IRI."""
        return await turn.run(lambda: answering.kb.entity(curie).to_json())

    @app.get("/healthz", summary="Say whether the service answers, and with what")
    async def health() -> dict[str, str]:
        """Versions of ontograft, of the model if there is one, of the knowledge base's content."""
        versions = {"version": __version__, "kb_version": answering.kb_version}
        if isinstance(answering, Predicting):
            versions["model_version"] = answering.model_version
        return {"status": "ok", **versions}

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = files("ontograft").joinpath("templates", "service.html").read_text("utf-8")
        return HTMLResponse(page)

    app.add_middleware(BodyLimit, limit=MAX_BODY_BYTES)
    app.exception_handler(OntograftError)(_ours)
    app.exception_handler(RequestValidationError)(_wrong_request)
    app.exception_handler(StarletteHTTPException)(_http_fault)
    app.exception_handler(Exception)(_unexpected)
    return app


def _add_predict(app: FastAPI, predictor: Predicting, turn: OneAtATime) -> None:
    @app.post("/predict", summary="Classify a text, with reasons")
    async def predict(texts: Texts) -> Any:
        """The document of `ontograft predict --json`; a list of them for `texts`."""
        return await turn.run(lambda: _each(texts, lambda text: predictor.predict(text).to_json()))


class BodyLimit:
    """Refuses a body above a limit, announced or not, and never holds more than that in memory.

    A body that is refused is still read to its end, up to `MAX_DRAIN_BYTES`: a client that is
    answered while it sends often sees a broken pipe instead of the answer.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its whole body, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, seen, more = b"", 0, True
        while more and seen <= MAX_DRAIN_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            piece = message.get("body", b"")
            seen += len(piece)
            if seen <= self._limit:
                body += piece
            more = message.get("more_body", False)
        if seen > self._limit:
            await self._refuse()(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)

    def _refuse(self) -> JSONResponse:
        return problem(
            413,
            f"The body is above {self._limit:,} bytes.",
            where="request body",
            mend="Send fewer or shorter texts in one request.",
        )


def problem(status: int, what: str, *, where: str = "", mend: str = "") -> JSONResponse:
    """A fault as `application/problem+json`."""
    return JSONResponse(
        {
            "type": "about:blank",
            "status": status,
            "title": what,
            "what": what,
            "where": where,
            "mend": mend,
        },
        status_code=status,
        media_type=PROBLEM,
    )


def _each(texts: Texts, answer: Callable[[str], Any]) -> Any:
    if texts.text is not None:
        return answer(texts.text)
    return [answer(text) for text in texts.texts or ()]


def _grounded(answering: Answerable, asked: Mentions) -> list[dict[str, Any]]:
    found = answering.ground(asked.mentions, k=asked.k, texts=asked.texts)
    return [
        {"mention": mention, "candidates": [candidate.to_json() for candidate in candidates]}
        for mention, candidates in zip(asked.mentions, found, strict=True)
    ]


async def _ours(_: Request, fault: OntograftError) -> JSONResponse:
    status = 500
    if isinstance(fault, UnknownEntityError):
        # not where the knowledge base lies: that is the server's own affair
        return problem(404, fault.what, mend="Take a CURIE that /link answered.")
    if isinstance(fault, InputError):
        status = 422
    return problem(status, fault.what, where=fault.where, mend=fault.mend)


async def _wrong_request(_: Request, fault: RequestValidationError) -> JSONResponse:
    errors: Sequence[Any] = fault.errors()
    return problem(
        422,
        "; ".join(str(error["msg"]).removeprefix("Value error, ") for error in errors),
        where="; ".join(".".join(map(str, error["loc"])) for error in errors),
        mend=f'Send {{"text": "..."}} or {{"texts": ["...", ...]}} as JSON: at most {MAX_TEXTS} '
        f'texts of {MAX_TEXT:,} characters; to /ground {{"mentions": ["...", ...]}}, at most '
        f"{MAX_MENTIONS:,}. /docs shows all requests.",
    )


async def _http_fault(request: Request, fault: StarletteHTTPException) -> JSONResponse:
    return problem(
        fault.status_code,
        str(fault.detail),
        where=f"{request.method} {request.url.path}",
        mend="/docs shows what can be asked.",
    )


async def _unexpected(request: Request, _: Exception) -> JSONResponse:
    return problem(
        500,
        "The service failed on this request.",
        where=f"{request.method} {request.url.path}",
        mend="The service's log on stderr says more.",
    )
