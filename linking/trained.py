"""A trained linker as a file: what was learnt, in JSON, without the ontology itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg import EntityTable
from kg.atomic import write_atomically
from kg.errors import FileFaultError, SyntaxFaultError
from linking.errors import TextsError
from linking.experience import Experience
from linking.settings import LinkerSettings
from linking.weights import Weights

FORMAT = "ontograft-linker-2"
IN_FOLDER = "linker.json"
"""The file in the folder of a linker with neural parts."""


@dataclass(frozen=True)
class Trained:
    """What `train_linker` learnt.

    Attributes:
        weights: of the evidence.
        settings: of the linker, with the threshold that was found best.
        taught: `Experience.to_json`, by IRI.
        record: on how many texts and links, and the cross-fitted scores.
    """

    weights: Weights
    settings: LinkerSettings
    taught: Mapping[str, Any]
    record: Mapping[str, Any]

    def experience(self, table: EntityTable) -> Experience:
        """What the gold texts taught, for the entities that are there.

        Raises:
            TextsError: the file was changed.
        """
        return Experience.from_json(self.taught, table)

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all."""
        document = {
            "format": FORMAT,
            "record": self.record,
            "settings": self.settings.to_json(),
            "weights": self.weights.to_json(),
            "taught": self.taught,
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        write_atomically(Path(path), text.encode("utf-8"))

    @classmethod
    def of_place(cls, path: str | Path) -> "Trained":
        """What gold texts taught, without the neural parts; raises as `load`.

        Args:
            path: a file, or the folder of a linker with neural parts.
        """
        path = Path(path)
        return cls.load(path / IN_FOLDER if path.is_dir() else path)

    @classmethod
    def load(cls, path: str | Path) -> "Trained":
        """Read a file that `save` wrote.

        Raises:
            FileFaultError: it cannot be read.
            SyntaxFaultError: it is no JSON.
            TextsError: it is no trained linker, or of another version.
        """
        where = str(path)
        try:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as fault:
            raise FileFaultError(
                f"The trained linker cannot be read ({fault.strerror}).",
                where=where,
                mend="Name a file that `ontograft train-linker` wrote.",
            ) from fault
        except ValueError as fault:
            raise SyntaxFaultError(
                f"This is no JSON: {fault}.",
                where=where,
                mend="Name a file that `ontograft train-linker` wrote.",
            ) from fault
        form = str(document.get("format")) if isinstance(document, dict) else ""
        if form != FORMAT:
            other = form.startswith(FORMAT.rpartition("-")[0])
            raise TextsError(
                f"This trained linker is of another version ({form}, wanted: {FORMAT})."
                if other
                else "This is no trained linker.",
                where=where,
                mend="Train the linker again: `ontograft train-linker`."
                if other
                else "Name a file that `ontograft train-linker` wrote.",
            )
        try:
            return cls(
                weights=Weights.from_json(document["weights"]),
                settings=LinkerSettings.from_json(document["settings"]),
                taught=document["taught"],
                record=document["record"],
            )
        except KeyError as fault:
            raise TextsError(
                f"The trained linker has no {fault}.", where=where, mend="Train it again."
            ) from fault
