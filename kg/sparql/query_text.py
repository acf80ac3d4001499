"""What can be said of a query from its tokens: what is not allowed, and where a fault lies.

https://www.w3.org/TR/sparql11-query/#sparqlGrammar; no grammar here, pyoxigraph has it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from kg.errors import SparqlFaultError

_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|\#[^\n\r]*)
  | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
  | (?P<text>\"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*\"{3} | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*'{3}
            | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*')
  | (?P<variable>[?$]\w+)
  | (?P<name>(?:[^\W\d_][\w.-]*)?:(?:[\w.:%-]|\\[_~.!$&'()*+,;=/?\#@%-])*)
  | (?P<word>\w+)
  | (?P<sign>.)
    """,
    re.X | re.S,
)
_UPDATES = {
    "INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH",
}  # fmt: skip
_LONGEST = 1 << 19
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.S)

# Among what the parser lists as expected there may be a sentence that says what is wrong.
_REASON = re.compile(r"[A-Z][\w ]*[a-z][\w ]* [\w ]+")


class Token(NamedTuple):
    """A piece of a query; `word` is upper case, and empty where the piece is something else."""

    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        """The keyword that this is."""
        return self.text.upper() if self.kind == "word" else ""


@lru_cache(maxsize=1)  # asked for several times a query; a long one takes tens of megabytes
def tokens(query: str) -> tuple[Token, ...]:
    """All but blanks and comments."""
    return tuple(
        Token(found.lastgroup or "", found[0], found.start())
        for found in _TOKEN.finditer(query)
        if found.lastgroup != "blank"
    )


def refuse_what_is_not_reading(query: str) -> None:
    """Let SELECT, ASK, CONSTRUCT and DESCRIBE over the knowledge base pass, and nothing else.

    Raises:
        SparqlFaultError: an update, SERVICE, nothing at all, or more than anyone writes.
    """
    if len(query) > _LONGEST:
        raise SparqlFaultError(
            f"The query has {len(query):,} characters; {_LONGEST:,} may be read.",
            where="query",
            mend="Ask in several queries.",
        )
    form = ""
    for token in tokens(query):
        if not form and token.word in _UPDATES:
            raise _fault(
                query,
                token.start,
                f"{token.word} would change the knowledge base; queries only read.",
                "Change the ontology's file and load it again.",
            )
        if token.word in _FORMS:
            form = form or token.word
        elif token.word == "SERVICE":
            raise _fault(
                query,
                token.start,
                "SERVICE would ask another server, and nothing is fetched.",
                "Load that data into the knowledge base and query it here.",
            )
    if not form:
        raise SparqlFaultError(
            "There is no query here.",
            where="query:1:1",
            mend="Begin with SELECT, ASK, CONSTRUCT or DESCRIBE.",
        )


def computed_variables(query: str) -> frozenset[str]:
    """Names of the variables that get their value from the query: `AS ?v`, `VALUES ?v`."""
    return frozenset(_computed(tokens(query)))


def syntax_fault(query: str, said: str, prefixes: Mapping[str, str]) -> SparqlFaultError:
    """The parser's message as ours.

    Args:
        query: as it was given.
        said: of pyoxigraph.
        prefixes: known without being declared in the query.
    """
    found = _PLACE.fullmatch(said)
    if found is None:
        return SparqlFaultError(f"{said.rstrip('.')}.", where="query", mend="Mend the query.")
    line, column = int(found[1]), int(found[2])
    lines = query.splitlines(keepends=True)
    at = sum(map(len, lines[: line - 1])) + column - 1
    before = [token for token in tokens(query) if token.start <= at]
    token = before[-1] if before else None
    if token is not None and token.kind == "name":
        prefix = token.text.partition(":")[0]
        if prefix not in prefixes and prefix not in _declared(query):
            return _fault(
                query,
                token.start,
                f"The prefix {prefix}: is not declared.",
                f"Put `PREFIX {prefix}: <...>` before the query.",
            )
    opened = next((t for t in before if t.kind == "sign" and t.text in "'\""), None)
    if opened is not None:
        return _fault(query, opened.start, "The text is not closed.", f"Close it by {opened.text}.")
    reasons = [part for part in found[3].split(", ") if _REASON.fullmatch(part)]
    if reasons:
        what = f"{reasons[0]}."
    elif token is None or at < token.start + len(token.text):
        what = f"{token.text[:40] if token else 'This'} is not expected here."
        at = token.start if token else at
    elif query[at:].strip() or _open_brackets(before) <= 0:
        what = f"The query cannot be read beyond {token.text[:40]}"
        what += "." if query[at:].strip() else ", which is one too many or comes too early."
    else:
        what = "The query ends too early: a } is missing."
    return _fault(query, at, what, "Mend the query at this place.")


def _open_brackets(found: Sequence[Token]) -> int:
    return sum((token.text == "{") - (token.text == "}") for token in found)


def _computed(found: Sequence[Token]) -> Iterator[str]:
    for at, token in enumerate(found):
        if token.word == "AS" and at + 1 < len(found):
            yield found[at + 1].text[1:]
        elif token.word == "VALUES":
            for variable in found[at + 1 :]:
                if variable.text == "{":
                    break
                if variable.kind == "variable":
                    yield variable.text[1:]


def _declared(query: str) -> set[str]:
    found = tokens(query)
    return {name.text.partition(":")[0] for word, name in pairwise(found) if word.word == "PREFIX"}


def _fault(query: str, start: int, what: str, mend: str) -> SparqlFaultError:
    line = query.count("\n", 0, start) + 1
    column = start - query.rfind("\n", 0, start)
    return SparqlFaultError(what, where=f"query:{line}:{column}", mend=mend)
