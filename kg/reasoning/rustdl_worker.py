"""Run by `description_logic`: `python -m kg.reasoning.rustdl_worker FILE SECONDS ABOUT`.

Prints a line of JSON for the classes, and one for the individuals if ABOUT is "individuals".
"""

import importlib
import json
import sys
import warnings
from typing import Any


def main(path: str, seconds: float, *, individuals: bool) -> None:
    """Classify a file of RDF/XML, and print what was found; of individuals only if there are."""
    rustdl: Any = importlib.import_module("rustdl")
    warnings.simplefilter("ignore")  # what they say is in the attributes read below
    found = rustdl.classify(path, global_timeout_ms=max(int(seconds * 1000), 1))
    subclasses, equivalent = [], []
    above: dict[str, set[str]] = {}
    if not found.inconsistent:
        above = _above(found)
        for class_ in found.classes:
            subclasses += [(class_, parent) for parent in above[class_]]
            equivalent += [(class_, other) for other in found.equivalent_classes(class_)]
        subclasses += [
            (class_, "http://www.w3.org/2002/07/owl#Nothing") for class_ in found.unsatisfiable
        ]
    _tell(
        subclasses=subclasses,
        equivalent=equivalent,
        # nothing is satisfiable in an ontology that contradicts itself
        unsatisfiable=[] if found.inconsistent else list(found.unsatisfiable),
        inconsistent=found.inconsistent,
        stopped=_incomplete(found, rustdl.dropped_axioms(path)),
    )
    if individuals and not found.inconsistent:
        typed = rustdl.materialize_inferred_class_assertions(path)
        pairs = {(thing, up) for class_, thing in typed for up in above.get(class_, [class_])}
        _tell(types=sorted(pairs), relations=rustdl.materialize_inferred_property_assertions(path))


def _above(found: Any) -> dict[str, set[str]]:
    """All classes above each; `superclasses_of` looks at all pairs each time it is asked."""
    near = {c: [*found.direct_subsumers(c), *found.equivalent_classes(c)] for c in found.classes}
    above = {}
    for class_ in near:
        seen, stack = {class_}, [class_]
        while stack:
            for other in near.get(stack.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        above[class_] = seen
    return above


def _incomplete(found: Any, dropped: dict[str, int]) -> list[str]:
    """What rustdl says it left out."""
    told = []
    if not found.complete or found.prep_timed_out or found.conversion_timed_out:
        told.append(
            f"rustdl left {found.timed_out_pairs:,} pairs of classes undecided in its time."
        )
    if found.wedge_hierarchy_blind or found.wedge_clauses_refused:
        told.append("rustdl could not use all property axioms.")
    if dropped:
        counts = ", ".join(f"{kind} {count:,}" for kind, count in sorted(dropped.items()))
        told.append(f"rustdl left out axioms that it cannot express: {counts}.")
    return told


def _tell(**found: object) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), individuals=sys.argv[3] == "individuals")
