"""Runs a query in a forked process, which shares the store: pyoxigraph cannot be interrupted."""

import resource
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Literal, cast

import pyoxigraph

from kg.errors import SparqlFaultError
from kg.forked import ask_fork, bound, memory_held
from kg.sparql.query_text import computed_variables, refuse_what_is_not_reading, syntax_fault
from kg.sparql.result import SparqlResult, SparqlTerm
from kg.sparql.rewriting import in_other_words, star_variables
from kg.sparql.triple_store import TripleStore, answered

MEMORY = 192 << 20
"""Bytes that a query may take; as many as this process, with its store, where that is larger."""

_GRAPH = ("subject", "predicate", "object")
_Row = tuple[SparqlTerm | None, ...]


def run_query(store: TripleStore, query: str, *, timeout_s: float, row_limit: int) -> SparqlResult:
    """Answer a query.

    Args:
        store: the triples.
        query: SELECT, ASK, CONSTRUCT or DESCRIBE.
        timeout_s: above 0.
        row_limit: above 0.

    Raises:
        SparqlFaultError: the query is wrong, not allowed, or takes too long or too much memory.
    """
    refuse_what_is_not_reading(query)
    document = _asked_in_fork(store, query, timeout_s=timeout_s, row_limit=row_limit)
    if "syntax" in document:
        raise syntax_fault(query, document["syntax"], store.prefixes)
    if "fault" in document:
        raise SparqlFaultError(document["fault"], where="query", mend="Mend the query.")
    return SparqlResult(
        form=cast(Literal["select", "ask", "graph"], document["form"]),
        variables=tuple(document["variables"]),
        rows=tuple(tuple(_term(cell) for cell in row) for row in document["rows"]),
        truth=document["truth"],
        truncated=document["truncated"],
    )


def _term(cell: list[Any] | None) -> SparqlTerm | None:
    """A term out of JSON."""
    if cell is None:
        return None
    kind, value, datatype, lang, parts = cell
    inner = (term for term in map(_term, parts) if term is not None)
    return SparqlTerm(kind, value, datatype, lang, tuple(inner))


def _asked_in_fork(
    store: TripleStore, query: str, *, timeout_s: float, row_limit: int
) -> dict[str, Any]:
    memory = max(MEMORY, memory_held()[1])
    try:
        found: dict[str, Any] = ask_fork(
            lambda: _document_of(store, query, row_limit), seconds=timeout_s, memory=memory
        )
    except TimeoutError:
        raise SparqlFaultError(
            f"The query takes longer than {timeout_s:g} seconds.",
            where="query",
            mend="Ask for less, or give it more time.",
        ) from None
    except MemoryError:
        raise SparqlFaultError(
            "The query is nested too deeply, or takes too much memory.",
            where="query",
            mend="Ask for less at once.",
        ) from None
    return found


def _document_of(store: TripleStore, query: str, row_limit: int) -> dict[str, Any]:
    """The answer, or what is wrong, as JSON; in the forked process."""
    # No file or socket can be opened any more: pyoxigraph would answer a SERVICE.
    bound(resource.RLIMIT_NOFILE, 0)
    try:
        # A fork has its parent's random numbers, a thread has its own: UUID(), RAND() and BNODE().
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(_answer, store, query, row_limit).result()
    except SyntaxError as error:
        return {"syntax": str(error)}
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        return {"fault": f"{error}."}


def _answer(store: TripleStore, query: str, row_limit: int) -> dict[str, Any]:
    found = _asked(store, query)
    if isinstance(found, pyoxigraph.QueryBoolean):
        return _document("ask", (), [], truth=bool(found))
    # One row more than wanted tells whether there are more.
    if isinstance(found, pyoxigraph.QueryTriples):
        triples = (tuple(map(answered, triple)) for triple in islice(found, row_limit + 1))
        rows: list[_Row] = [
            (store.loaded_form(subject, ()), store.loaded_form(predicate, ()), form)
            for subject, predicate, object_ in triples
            for form in store.loaded_forms(object_, [subject])
        ]
        return _document("graph", _GRAPH, rows, limit=row_limit)
    names = star_variables(query, [variable.value for variable in found.variables])
    computed = computed_variables(query)
    kept = [name in computed for name in names]
    answers: list[_Row] = []
    for solution in islice(found, row_limit + 1):
        cells = (solution[name] for name in names)
        row = [None if cell is None else answered(cell) for cell in cells]
        answers.append(
            tuple(
                cell if cell is None or keep else store.loaded_form(cell, row)
                for cell, keep in zip(row, kept, strict=True)
            )
        )
    return _document("select", tuple(names), answers, limit=row_limit)


def _asked(store: TripleStore, query: str) -> Any:
    """What pyoxigraph finds; faults are those of the query as it was given."""
    found = store.store.query(query, prefixes=store.prefixes)

    def exists(ask: str) -> bool:
        return bool(
            store.store.query(ask, prefixes=store.prefixes, use_default_graph_as_union=True)
        )

    other = in_other_words(query, exists)
    return found if other == query else store.store.query(other, prefixes=store.prefixes)


def _document(
    form: str,
    variables: tuple[str, ...],
    rows: list[_Row],
    *,
    limit: int = 0,
    truth: bool | None = None,
) -> dict[str, Any]:
    return {
        "form": form,
        "variables": variables,
        "rows": rows[:limit],
        "truth": truth,
        "truncated": len(rows) > limit,
    }
