"""The command line, the only part of ontograft that prints.

Results go to stdout; progress, notes and faults go to stderr. With `--json` stdout holds one JSON
document (a line a text, where many are read) and nothing else. Exit codes: 0 it is done, 1 the
job failed, 2 what was given is wrong, 130 interrupted.

Nothing heavy is imported before a command runs: `--help` and the commands on a knowledge base
never load torch.
"""

from ontograft.cli.app import app


def main() -> None:
    """The command `ontograft`."""
    app()


__all__ = ["app", "main"]
