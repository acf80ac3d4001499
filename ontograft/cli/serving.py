"""The command serve."""

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from ontograft.cli.terminal import note


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A model folder, or the output of train or demo.")
    ],
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at.")] = 8000,
    kb: Annotated[
        str | None,
        typer.Option(metavar="KB", help="Another place of the model's knowledge base."),
    ] = None,
) -> None:
    """Answer over HTTP: POST /link, POST /predict, GET /entities/CURIE, /healthz, /docs."""
    from kg.errors import InputError

    for package in ("fastapi", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            raise InputError(
                f"The service needs {package}, which is not installed.",
                mend="pip install 'ontograft[serve]'",
            )
    import uvicorn

    from model.predictor import Predictor
    from ontograft.service import create_app

    predictor = Predictor.load(folder, kb=kb)
    note(f"Serving {folder} at http://{host}:{port} - its page is /docs, Ctrl-C ends it.")
    uvicorn.run(create_app(predictor), host=host, port=port, log_level="warning")
