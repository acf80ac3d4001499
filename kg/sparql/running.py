"""Runs a query in a forked process, so that time and memory can be bounded.

pyoxigraph can neither be interrupted nor be kept from overflowing the stack on a deeply nested
query; the process can be ended, and its end harms nobody. The child shares the parent's store.
"""

import faulthandler
import json
import math
import multiprocessing
import os
import resource
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, cast

import pyoxigraph

from kg.errors import SparqlFaultError
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
    document = json.loads(_ask_child(store, query, timeout_s=timeout_s, row_limit=row_limit))
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


def _ask_child(store: TripleStore, query: str, *, timeout_s: float, row_limit: int) -> bytes:
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    limit = math.ceil(timeout_s) + 1
    child = fork.Process(target=_child, args=(sender, store, query, limit, row_limit), daemon=True)
    with warnings.catch_warnings():
        # Python warns of threads that might hold a lock at the fork; the child takes none of ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    sender.close()
    try:
        if not receiver.poll(timeout_s):
            raise SparqlFaultError(
                f"The query takes longer than {timeout_s:g} seconds.",
                where="query",
                mend="Ask for less, or give it more time.",
            )
        return receiver.recv_bytes()
    except EOFError:
        raise SparqlFaultError(
            "The query is nested too deeply, or takes too much memory.",
            where="query",
            mend="Ask for less at once.",
        ) from None
    finally:
        receiver.close()
        child.kill()
        child.join()
        child.close()


def _child(sender: Connection, store: TripleStore, query: str, limit: int, row_limit: int) -> None:
    faulthandler.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where Rust would tell why it dies
    _bound(resource.RLIMIT_CORE, 0)
    # The parent ends us on time; this holds if it has died itself.
    _bound(resource.RLIMIT_CPU, limit)
    if sys.platform == "linux":
        sizes = Path("/proc/self/statm").read_text(encoding="ascii").split()
        reserved, resident = (int(pages) * resource.getpagesize() for pages in sizes[:2])
        _bound(resource.RLIMIT_AS, reserved + max(MEMORY, resident))
    # No file or socket can be opened any more: pyoxigraph would answer a SERVICE.
    _bound(resource.RLIMIT_NOFILE, 0)
    try:
        # A fork has its parent's random numbers, a thread has its own: UUID(), RAND() and BNODE().
        with ThreadPoolExecutor(max_workers=1) as thread:
            document = thread.submit(_answer, store, query, row_limit).result()
    except SyntaxError as error:
        document = {"syntax": str(error)}
    except MemoryError:
        return
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        document = {"fault": f"{error}."}
    sender.send_bytes(json.dumps(document).encode())


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


def _bound(what: int, value: int) -> None:
    """Set a limit of this process, if it is not bound more closely already."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


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
