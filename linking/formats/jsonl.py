"""JSON lines, written: a linked text with all that is known, a gold text as it was read.

`linking/reading.py` reads both.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from linking.links import LinkedText
from linking.reading import GoldLink, TextRow


def write(texts: Iterable[LinkedText | TextRow]) -> Iterator[str]:
    """A line for each text."""
    for row in texts:
        if isinstance(row, LinkedText):
            yield json.dumps(row.to_json(), ensure_ascii=False) + "\n"
            continue
        document: dict[str, Any] = {"id": row.id, "text": row.text}
        if row.gold is not None:
            document["links"] = [_link(link) for link in row.gold]
        if row.labels:
            document["labels"] = list(row.labels)
        if row.split is not None:
            document["split"] = row.split
        yield json.dumps(document, ensure_ascii=False) + "\n"


def _link(link: GoldLink) -> dict[str, Any]:
    return {"start": link.start, "end": link.end, "curie": link.curie}
