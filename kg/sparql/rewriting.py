"""Where pyoxigraph 0.5 answers otherwise than the standard says: the query in words it gets right.

Each change keeps the query's meaning, and is made only where that meaning would be missed.
"""

from collections.abc import Callable, Sequence

from kg.sparql.query_text import Token, tokens

_Change = tuple[int, int, str]
_TERMS = ("iri", "name")
_IN_PATHS = ("a", "^", "|", "/", "!", "*", "?", "+")


def star_variables(query: str, names: Sequence[str]) -> list[str]:
    """The variables of an answer, for `SELECT *` in the order of the query, else as they are."""
    found = tokens(query)
    at = next((i for i, token in enumerate(found) if token.word == "SELECT"), len(found))
    if not any(token.text == "*" for token in _selected(found[at + 1 : at + 3])):
        return list(names)
    order = {token.text[1:]: token.start for token in reversed(found) if token.kind == "variable"}
    return sorted(names, key=lambda name: order.get(name, len(query)))


def in_other_words(query: str, exists: Callable[[str], bool]) -> str:
    """The query for the store.

    Args:
        query: one that the parser accepts.
        exists: whether a query that asks (ASK) is answered by yes.
    """
    found = tokens(query)
    changes = [*_plain_group_concat(found), *_paths_of_length_zero(query, found, exists)]
    for start, end, text in sorted(changes, reverse=True):
        query = query[:start] + text + query[end:]
    return query


def _selected(found: Sequence[Token]) -> list[Token]:
    """What follows SELECT [DISTINCT | REDUCED]."""
    if found and found[0].word in ("DISTINCT", "REDUCED"):
        return list(found[1:2])
    return list(found[:1])


def _plain_group_concat(found: Sequence[Token]) -> list[_Change]:
    """GROUP_CONCAT gives a plain string, not one in its arguments' language.

    https://www.w3.org/TR/sparql11-query/#aggGroupConcat; DISTINCT tells values apart before STR
    would make them equal, and is left alone.
    """
    changes = []
    for at, token in enumerate(found[:-2]):
        if token.word != "GROUP_CONCAT" or found[at + 2].word == "DISTINCT":
            continue
        depth = 0
        for inner in found[at + 1 :]:
            depth += (inner.text == "(") - (inner.text == ")")
            if depth == 0 or (depth == 1 and inner.text == ";"):
                changes += [(found[at + 2].start, found[at + 2].start, "STR(")]
                changes += [(inner.start, inner.start, ")")]
                break
    return changes


def _paths_of_length_zero(
    query: str, found: Sequence[Token], exists: Callable[[str], bool]
) -> list[_Change]:
    """`?s p* :o` holds for ?s = :o even where :o is no node of the graph.

    https://www.w3.org/TR/sparql11-query/#defn_evalPP_ZeroOrOnePath, for paths that end in * or ?
    as a whole, with a variable at one end.
    """
    form = next(
        (t for t in found if t.word in ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")), found[0]
    )
    changes = []
    for at, before in enumerate(found):
        if before.text not in ("{", ".", "}") or at + 1 == len(found):
            continue
        subject, end = found[at + 1], _end_of_path(found, at + 2)
        if end is None or end + 1 >= len(found) or found[end + 1].text not in (".", "}"):
            continue
        object_ = found[end]
        ends = sorted((subject, object_), key=lambda token: token.kind == "variable")
        constant, variable = ends
        if constant.kind not in _TERMS or variable.kind != "variable":
            continue
        node = constant.text.rstrip(".")  # where the full stop stands close
        ask = f"ASK {{ {{ {node} ?p ?o }} UNION {{ ?s ?p {node} }} }}"
        if not exists(query[: form.start] + ask):
            last = object_.start + len(object_.text)
            changes.append((subject.start, last, f"VALUES {variable.text} {{ {node} }}"))
    return changes


def _end_of_path(found: Sequence[Token], at: int) -> int | None:
    """Where the object stands after a path like `p*`, `(p|^q)?`; None if here is no such path."""
    depth = 0
    for place in range(at, len(found)):
        token = found[place]
        if depth == 0 and place > at:
            ended = token.text in ("*", "?")
            return place + 1 if ended and place + 1 < len(found) else None
        if token.text in ("(", ")"):
            depth += 1 if token.text == "(" else -1
        elif token.kind not in _TERMS and (depth == 0 or token.text not in _IN_PATHS):
            return None
    return None
