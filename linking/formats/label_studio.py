"""Label Studio's JSON: a list of tasks, each with its text in `data.text` and labelled regions.

The label of a region is a CURIE. What a person marked stands under `annotations`, what a linker
found under `predictions`, with a score; where a task has both, the annotations count. Offsets in
UTF-16 units, which older versions wrote, are told by the region's own text.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kg.errors import SyntaxFaultError
from linking.errors import TextsError
from linking.reading import GoldLink, TextRow, check_span, lines_of


def read(path: Path) -> Iterator[TextRow]:
    """The tasks of a file, in its order."""
    content = "\n".join(line for _, line in lines_of(path))
    try:
        tasks = json.loads(content)
    except json.JSONDecodeError as fault:
        raise SyntaxFaultError(
            f"not JSON: {fault.msg}",
            where=f"{path}:{fault.lineno}:{fault.colno}",
            mend="Export from Label Studio as JSON.",
        ) from fault
    except (RecursionError, ValueError) as fault:  # ValueError: a number of thousands of digits
        raise SyntaxFaultError(
            f"no JSON that can be read: {fault}",
            where=str(path),
            mend="Export from Label Studio as JSON.",
        ) from fault
    if not isinstance(tasks, list):
        raise TextsError("not a list of tasks", where=str(path))
    for number, task in enumerate(tasks, start=1):
        where = f"{path}: task {number}"
        try:
            text = task["data"]["text"]
            marked = next(
                (m for m in task.get("annotations") or () if not m.get("was_cancelled")), None
            )
            if marked is None:
                marked = next(iter(task.get("predictions") or ()), None)
            regions = None if marked is None else marked["result"]
            if not isinstance(text, str):
                raise TextsError('"data.text" is no string', where=where)
            gold = None if regions is None else tuple(_read_regions(regions, text, where))
            yield TextRow(str(task.get("id", number)), text, gold)
        except (LookupError, TypeError, AttributeError) as fault:
            raise TextsError(
                f"not a task with a text: {type(fault).__name__} {fault}",
                where=where,
                mend='A task is {"data": {"text": …}, "annotations": [{"result": […]}]}.',
            ) from fault


def write(rows: Iterable[TextRow]) -> Iterator[str]:
    """A task a line, in one list."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(_task(row), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _task(row: TextRow) -> dict[str, Any]:
    task: dict[str, Any] = {"id": int(row.id) if _is_number(row.id) else row.id}
    task["data"] = {"text": row.text}
    if row.gold is None:
        return task
    result = [_region(link, number, row.text) for number, link in enumerate(row.gold, start=1)]
    scores = [link.probability for link in row.gold if link.probability is not None]
    if scores:
        mean = round(sum(scores) / len(scores), 6)
        task["predictions"] = [{"model_version": "ontograft", "score": mean, "result": result}]
    else:
        task["annotations"] = [{"result": result}]
    return task


def _is_number(id: str) -> bool:
    return id.isascii() and id.isdecimal() and str(int(id)) == id


def _region(link: GoldLink, number: int, text: str) -> dict[str, Any]:
    region: dict[str, Any] = {
        "id": str(number),
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {
            "start": link.start,
            "end": link.end,
            "text": text[link.start : link.end],
            "labels": [link.curie],
        },
    }
    if link.label:
        region["meta"] = {"text": [link.label]}
    if link.probability is not None:
        region["score"] = link.probability
    return region


def _read_regions(regions: list[dict[str, Any]], text: str, where: str) -> Iterator[GoldLink]:
    for region in regions:
        if region.get("type") != "labels":
            continue
        value = region["value"]
        start, end, surface = value["start"], value["end"], value.get("text")
        if surface is not None and text[start:end] != surface:
            start, end = _from_utf16(start, text), _from_utf16(end, text)
            if text[start:end] != surface:
                start, end = value["start"], value["end"]
        check_span(start, end, text, where, surface=surface)
        label = (region.get("meta") or {}).get("text") or [""]
        score = region.get("score")
        yield GoldLink(start, end, value["labels"][0], "", label[0], score)


def _from_utf16(offset: int, text: str) -> int:
    """Code points in that many UTF-16 units of the text."""
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * offset]
    return len(units.decode("utf-16-le", "replace"))
