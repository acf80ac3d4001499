"""The command serve."""

import contextlib
import importlib.util
import socket
from pathlib import Path
from typing import Annotated

import typer

from ontograft.cli.terminal import note


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A model folder, or the output of train or demo.")
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
) -> None:
    """Answer over HTTP: POST /link, POST /predict, GET /entities/CURIE, /healthz, /docs."""
    from kg.errors import JobError

    for package in ("fastapi", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            raise JobError(
                f"The service needs {package}, which is not installed.",
                mend="pip install 'ontograft[serve]'",
            )
    with _listen(host, port) as listening:
        import uvicorn

        from model.predictor import Predictor
        from ontograft.service import create_app

        predictor = Predictor.load(folder, kb=kb)
        address, port = listening.getsockname()[:2]
        note(f"Serving {folder} at http://{address}:{port} (its page: /docs); Ctrl-C ends it.")
        config = uvicorn.Config(create_app(predictor), log_level="warning")
        # Ctrl-C is the way to end it; uvicorn has closed everything by the time it passes it on.
        with predictor.kb, contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


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
