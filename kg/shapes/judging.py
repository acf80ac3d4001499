"""What SQL cannot say of values: regular expressions, order, well-formedness.

Regular expressions and the order of dates are those of SPARQL, for which SHACL asks. pyoxigraph
answers them: its expressions take time in proportion to the text, whatever stands in them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import pyoxigraph

from kg.shapes.lexical import TEMPORAL, Number, less, number
from kg.sparql.result import SparqlTerm
from kg.vocabulary import XSD

T = TypeVar("T")
_BATCH = 5_000
_FLAGS = frozenset("smixq")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
Two = tuple[SparqlTerm, SparqlTerm]


def can_match(pattern: str, flags: str) -> bool:
    """Whether it is a regular expression of SPARQL, without look-around, and not too large."""
    if not set(flags) <= _FLAGS:
        return False
    return any(_asked(f"SELECT (REGEX('', {_quoted(pattern)}, {_quoted(flags)}) AS ?fits) {{}}"))


def not_matching(texts: Mapping[int, str], pattern: str, flags: str) -> set[int]:
    """The keys of the texts that a regular expression, which `can_match`, matches nowhere."""
    matches = f"REGEX(?text, {_quoted(pattern)}, {_quoted(flags)})"
    failing: set[str | None] = set()
    for batch in _batches(dict.fromkeys(texts.values())):
        values = " ".join(map(_quoted, batch))
        query = f"SELECT ?text {{ VALUES ?text {{ {values} }} FILTER(!{matches}) }}"
        failing.update(_asked(query))
    return {key for key, text in texts.items() if text in failing} if failing else set()


def not_in_order(pairs: Mapping[int, Two], operator: str) -> set[int]:
    """The keys of the pairs of which SPARQL does not say `first operator second`.

    Args:
        pairs: terms; an IRI, and literals that cannot be compared, are never in order.
        operator: `<` or `<=`.
    """
    failing = set()
    dates = {}
    for key, (first, second) in pairs.items():
        if first.datatype in TEMPORAL and second.datatype in TEMPORAL:
            dates[key] = f"{key} {first.to_ntriples()} {second.to_ntriples()}"
        elif not _in_order(first, second, operator):
            failing.add(key)
    for batch in _batches(dates):
        values = " ".join(f"({dates[key]})" for key in batch)
        condition = f"FILTER(?first {operator} ?second)"
        query = f"SELECT ?key {{ VALUES (?key ?first ?second) {{ {values} }} {condition} }}"
        fitting = {int(key) for key in _asked(query) if key is not None}
        failing.update(set(batch) - fitting)
    return failing


def _in_order(first: SparqlTerm, second: SparqlTerm, operator: str) -> bool:
    left, right = _value(first), _value(second)
    if left is None or right is None:
        return False
    if isinstance(left, str) or isinstance(right, str):
        if not (isinstance(left, str) and isinstance(right, str)):
            return False
        return left < right or (operator == "<=" and left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        if not (isinstance(left, bool) and isinstance(right, bool)):
            return False
        return left < right or (operator == "<=" and left == right)
    return less(left, right) is True or (operator == "<=" and less(right, left) is False)


def _value(term: SparqlTerm) -> str | bool | Number | None:
    """A string, a number or a boolean; None for what has no order, dates included."""
    if term.kind != "literal" or term.lang:
        return None
    if not term.datatype:
        return term.value
    if term.datatype == XSD + "boolean":
        return _BOOLEANS.get(term.value)
    return number(term.value, term.datatype)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _asked(query: str) -> Sequence[str | None]:
    """The values of the first column."""
    answer = pyoxigraph.Store().query(query)
    if not isinstance(answer, pyoxigraph.QuerySolutions):
        raise TypeError("only SELECT is asked here")
    return [getattr(row[0], "value", None) for row in answer]


def _quoted(text: str) -> str:
    """A string as SPARQL writes it."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n").replace("\r", "\\r") + '"'
