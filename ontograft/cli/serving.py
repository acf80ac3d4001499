"""The command serve."""

import contextlib
import importlib.util
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontograft.cli.linkers import opener
from ontograft.cli.terminal import TrainedLinker, note

if TYPE_CHECKING:
    from ontograft.service import Answerable


def serve(
    place: Annotated[
        str,
        typer.Argument(
            metavar="DIR|KB",
            help="A model folder, the output of train or demo, or a knowledge base alone.",
        ),
    ],
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen at; 0.0.0.0 for all.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port to listen at; 0: any.")
    ] = 8000,
    kb: Annotated[
        str | None,
        typer.Option(metavar="KB", help="Another place of the model's knowledge base."),
    ] = None,
    trained: TrainedLinker = None,
) -> None:
    """Answer over HTTP: POST /link, /ground, /predict, GET /entities/CURIE, /healthz, /docs.

    A knowledge base needs no model for all but /predict; --linker is for one alone, as a model
    has its own linker.
    """
    from kg.errors import JobError

    for package in ("fastapi", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            raise JobError(
                f"The service needs {package}, which is not installed.",
                mend="pip install 'ontograft[serve]'",
            )
    with _listen(host, port) as listening:
        import uvicorn

        from ontograft.service import create_app

        answering = _answering(place, kb, trained)
        address, port = listening.getsockname()[:2]
        note(f"Serving {place} at http://{address}:{port} (its page: /docs); Ctrl-C ends it.")
        config = uvicorn.Config(create_app(answering), log_level="warning")
        # Ctrl-C is the way to end it; uvicorn has closed everything by the time it passes it on.
        with answering.kb, contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _answering(place: str, kb: str | None, trained: Path | None) -> "Answerable":
    """The model of a folder, or the linker of a knowledge base."""
    if "://" not in place and not Path(place).is_file():
        if trained is not None:
            raise typer.BadParameter("A model has its own linker; --linker is for a KB alone.")
        from model.predictor import Predictor

        return Predictor.load(place, kb=kb)
    if kb is not None:
        raise typer.BadParameter("--kb is for a model folder; here the KB is the argument itself.")
    from kg import KnowledgeBase
    from linking import FollowingLinker

    base = KnowledgeBase.open(place)
    try:
        return FollowingLinker(base, trained=trained, open_linker=opener(trained))
    except Exception:
        base.close()
        raise


def _listen(host: str, port: int) -> socket.socket:
    """Take the port, first of all, so that a taken one is told at once."""
    from kg.errors import JobError

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as fault:
        raise JobError(
            f"Nothing can listen at {host}:{port}: {fault.strerror}.",
            mend="Give another --port, or --port 0 for any free one.",
        ) from None
