"""`python -m ontograft` is the command `ontograft`."""

from ontograft.cli import main

main()
