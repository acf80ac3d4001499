"""What the package carries with it: the project's own ontologies."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def finance_folder() -> Path:
    """The finance ontology's folder: inside an installed wheel, or at the top of a checkout.

    Raises:
        FileNotFoundError: the installation lacks it.
    """
    places = (_PACKAGE / "ontologies" / "finance", _PACKAGE.parent / "ontologies" / "finance")
    for place in places:
        if (place / "ontology.ttl").is_file():
            return place
    raise FileNotFoundError(
        f"The finance ontology is at none of {', '.join(map(str, places))}: install ontograft anew."
    )
