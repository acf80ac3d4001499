"""Prodigy's JSON lines: a task a line, `{"text", "spans": [{"start", "end", "label", "kb_id"}]}`.

A span's `kb_id` is its concept; a span without one, or with "NIL", is no link. A task that was
rejected or ignored is a text that nobody marked. Ids are kept in `meta`, as Prodigy has none. What
a person marked is written as accepted; what a linker found has no answer yet, and scores.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kg.errors import SyntaxFaultError
from linking.errors import TextsError
from linking.reading import GoldLink, TextRow, check_span, lines_of

NO_CONCEPT = ("", "NIL")
KIND = "CONCEPT"
"""Label of the spans that have none."""
ANSWERS = ("accept", "reject", "ignore")


def read(path: Path) -> Iterator[TextRow]:
    """The tasks of a file; those without an id in `meta` have the number of their line."""
    for number, line in lines_of(path):
        if line.strip():
            where = f"{path}:{number}"
            try:
                yield _read_task(json.loads(line), number, where)
            except json.JSONDecodeError as fault:
                raise SyntaxFaultError(
                    f"not JSON: {fault.msg}",
                    where=f"{where}:{fault.colno}",
                    mend="A .jsonl file has one whole JSON object a line.",
                ) from fault
            except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as fault:
                raise TextsError(
                    f"not a task: {type(fault).__name__} {fault}",
                    where=where,
                    mend='Write {"text": …, "spans": [{"start", "end", "label", "kb_id"}]}.',
                ) from fault


def write(rows: Iterable[TextRow]) -> Iterator[str]:
    """A line for each text."""
    for row in rows:
        task: dict[str, Any] = {"text": row.text}
        if row.gold is not None:
            task["spans"] = [_span(link, row.text) for link in row.gold]
        task["meta"] = {"id": row.id}
        if row.gold is not None and all(link.probability is None for link in row.gold):
            task["answer"] = "accept"
        yield json.dumps(task, ensure_ascii=False) + "\n"


def _span(link: GoldLink, text: str) -> dict[str, Any]:
    span: dict[str, Any] = {
        "start": link.start,
        "end": link.end,
        "text": text[link.start : link.end],
        "label": link.kind or KIND,
        "kb_id": link.curie,
    }
    if link.label:
        span["name"] = link.label
    if link.probability is not None:
        span["score"] = link.probability
    return span


def _read_task(task: dict[str, Any], number: int, where: str) -> TextRow:
    text, answer, spans = task["text"], task.get("answer", "accept"), task.get("spans")
    if not isinstance(text, str):
        raise ValueError('"text" is no string')
    if answer not in ANSWERS:
        raise ValueError(f'the answer "{answer}" is none of {", ".join(ANSWERS)}')
    id = str((task.get("meta") or {}).get("id", number))
    if answer != "accept" or spans is None:
        return TextRow(id, text)
    links = (_read_span(span, text, where) for span in spans)
    return TextRow(id, text, tuple(link for link in links if link is not None))


def _read_span(span: dict[str, Any], text: str, where: str) -> GoldLink | None:
    start, end = span["start"], span["end"]
    check_span(start, end, text, where, surface=span.get("text"))
    curie = span.get("kb_id") or ""
    if curie in NO_CONCEPT:
        return None
    return GoldLink(
        start,
        end,
        str(curie),
        str(span.get("label") or ""),
        str(span.get("name") or ""),
        _probability(span.get("score")),
    )


def _probability(score: object) -> float | None:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return None
    return float(score)
