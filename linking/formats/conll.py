"""CoNLL with IOB2 tags: a token a line, its tag last, a blank line after each text.

We write `# id = …`, `# text = …` (a JSON string, as a text may have line breaks) and then
`token<tab>start<tab>end<tab>tag`, where a tag is O, B-CURIE or I-CURIE. Files of others need only
the token first and the tag last; without a `# text`, the text is the tokens with blanks between.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from linking.errors import TextsError
from linking.reading import GoldLink, TextRow, lines_of

_COMMENT = re.compile(r"#\s*(id|text)\s*=\s?(.*)")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_OUTSIDE = "O"


def read(path: Path) -> Iterator[TextRow]:
    """The texts of a file; those without an id are numbered."""
    lines: list[tuple[int, str]] = []
    count = 0
    for number, line in lines_of(path):
        if line.strip() and not line.startswith("-DOCSTART-"):
            lines.append((number, line))
        elif lines:
            count += 1
            yield _read_text(lines, str(count), path)
            lines = []
    if lines:
        yield _read_text(lines, str(count + 1), path)


def write(rows: Iterable[TextRow]) -> Iterator[str]:
    """A block for each text; of links that overlap, the longest is written."""
    for number, row in enumerate(rows, start=1):
        id = " ".join(row.id.split()) or str(number)
        yield f"# id = {id}\n# text = {json.dumps(row.text, ensure_ascii=False)}\n"
        tags: dict[int, GoldLink] = {}
        for link in sorted(row.gold or (), key=lambda link: (link.start - link.end, link.start)):
            span = range(link.start, link.end)
            if tags.keys().isdisjoint(span):
                tags.update(dict.fromkeys(span, link))
        for start, end in _tokens(row.text, tags):
            link_here = tags.get(start)
            tag = _OUTSIDE
            if link_here is not None:
                tag = f"{'B' if _begins(row.text, link_here, start) else 'I'}-{link_here.curie}"
            yield f"{row.text[start:end]}\t{start}\t{end}\t{tag}\n"
        yield "\n"


def _tokens(text: str, tags: dict[int, GoldLink]) -> Iterator[tuple[int, int]]:
    """Words and marks, cut where a link begins or ends."""
    for token in _TOKEN.finditer(text):
        start = token.start()
        for at in range(start + 1, token.end()):
            if tags.get(at) is not tags.get(at - 1):
                yield start, at
                start = at
        yield start, token.end()


def _begins(text: str, link: GoldLink, start: int) -> bool:
    return not text[link.start : start].strip()


def _read_text(lines: list[tuple[int, str]], number: str, path: Path) -> TextRow:
    known: dict[str, str] = {}
    tokens: list[tuple[str, str, str]] = []
    for at, line in lines:
        comment = _COMMENT.fullmatch(line)
        if comment is not None:
            known[comment[1]] = comment[2]
            continue
        columns = line.split("\t") if "\t" in line else line.split()
        if len(columns) < 2:
            raise TextsError(
                "a token without a tag",
                where=f"{path}:{at}",
                mend="Write the token first and its tag last, with tabs between.",
            )
        tokens.append((columns[0], columns[-1], f"{path}:{at}"))
    text = known.get("text")
    if text is None:
        text = " ".join(token for token, _, _ in tokens)
    elif text.startswith('"'):
        with suppress(json.JSONDecodeError):  # then someone else's text begins with a quote
            text = str(json.loads(text))
    return TextRow(known.get("id", number), text, tuple(_links(tokens, text)))


def _links(tokens: list[tuple[str, str, str]], text: str) -> Iterator[GoldLink]:
    at = 0
    current: GoldLink | None = None
    for token, tag, where in tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            raise TextsError(f'the token "{token}" is not next in the text', where=where)
        at = start + len(token)
        prefix, _, curie = tag.partition("-")
        if tag != _OUTSIDE and (prefix not in ("B", "I") or not curie):
            raise TextsError(f'"{tag}" is no IOB2 tag', where=where, mend="Write O, B-X or I-X.")
        if current is not None and prefix == "I" and curie == current.curie:
            current = GoldLink(current.start, at, curie)
            continue
        if current is not None:
            yield current
        current = None if tag == _OUTSIDE else GoldLink(start, at, curie)
    if current is not None:
        yield current
