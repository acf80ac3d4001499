"""How much each kind of evidence counts, in log-odds against NIL: the defaults, or fitted ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from linking.errors import TextsError

DEFAULTS: dict[str, float] = {
    # the kind of the name
    "label": 3.0,
    "exact": 2.8,
    "learnt": 2.4,
    "narrow": 2.0,
    "hidden": 1.5,
    "related": 1.0,
    "broad": 0.5,
    # how the mention differs from it
    "spelling": -0.2,
    "plural": -0.2,
    "inflected": -0.6,
    "reordered": -0.6,
    "synonym": -2.0,
    "similar": -24.0,
    "similarity": 24.0,
    # the mention itself
    "ambiguity": 1.0,
    "case": 0.5,
    "shouted": -2.0,
    "words": 0.4,
    "short": -1.0,
    "compound": -2.0,
    "acronym": 0.0,
    "abbreviation": -0.2,
    "other long form": -2.0,
    "covered": 0.0,
    # the knowledge base
    "word use": -0.5,
    "branch use": -8.0,
    "context": 0.5,
    "coherence": 1.5,
    # what gold texts taught
    "habit": 0.0,
    "share": 0.0,
    "concept": 0.0,
    "unseen": 0.0,
    "marked": 0.0,
    "alike": -24.0,
    "likeness": 24.0,
    # what neural parts say, where there are some
    "dense": 12.0,
    "context score": 1.0,
    "detected": 0.4,
}
"""Set by hand; `linking/evidence.py` says what each is multiplied with."""


OF_NEURAL_PARTS = ("dense", "context score", "detected")
"""Those that count nothing in a linker without these parts."""


@dataclass(frozen=True)
class Weights:
    """The weight of each kind of evidence, and of none: `bias` counts for every candidate."""

    of: Mapping[str, float]
    bias: float = 0.0

    def to_json(self) -> dict[str, float]:
        """All of them by name."""
        return {"bias": self.bias, **self.of}

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> "Weights":
        """Read back what `to_json` gave.

        Raises:
            TextsError: a weight is missing, unknown or no number; those of neural parts may be
                missing, and take their defaults.
        """
        wanted = {"bias", *DEFAULTS}
        document = {name: DEFAULTS[name] for name in OF_NEURAL_PARTS} | dict(document)
        odd = sorted(wanted ^ set(document))
        numbers = {k: float(v) for k, v in document.items() if isinstance(v, (int, float))}
        if odd or len(numbers) < len(wanted):
            raise TextsError(
                f"the weights are not those of this version: {', '.join(odd) or 'no numbers'}",
                mend="Train the linker again: `ontograft train-linker`.",
            )
        bias = numbers.pop("bias")
        return cls(numbers, bias)


DEFAULT_WEIGHTS = Weights(DEFAULTS)
