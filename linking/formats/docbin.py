"""spaCy's DocBin, `.spacy` files; spaCy is imported when one is read or written.

Each link is a span whose `kb_id_` is its concept: all of them in `doc.spans["ontograft"]`, those
that do not overlap in `doc.ents` too. Labels and probabilities are attributes of the group, the id
is in `doc.user_data["id"]`. We cut tokens so that each link begins and ends with one. Of the
files of others, the group of that name is read, or without it the entities with a `kb_id_`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.atomic import write_atomically
from kg.errors import FileFaultError, SyntaxFaultError
from linking.reading import GoldLink, TextRow, check_span

if TYPE_CHECKING:
    from spacy.tokens import Doc, DocBin, Span

GROUP = "ontograft"
KIND = "CONCEPT"
"""Label of the spans that have none."""
NO_CONCEPT = ("", "NIL")
_ATTRIBUTES = ("ORTH", "ENT_IOB", "ENT_TYPE", "ENT_KB_ID")
_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|(?:[^\W{_CJK}][\u0300-\u036f]*)+| |[^\S ]+|[^\w\s]")


def read(path: Path) -> Iterator[TextRow]:
    """The documents of a file; those without an id are numbered.

    Raises:
        FileFaultError: it cannot be read, or spaCy is missing.
        SyntaxFaultError: no DocBin.
        TextsError: a span that does not lie in its document.
    """
    docbin = _docbin(path)
    from spacy.vocab import Vocab

    try:
        content = path.read_bytes()
    except OSError as fault:
        raise FileFaultError(
            f"cannot be read: {fault.strerror}", where=str(path), mend="Check its permissions."
        ) from fault
    try:
        documents = docbin(store_user_data=True).from_bytes(content).get_docs(Vocab())
        for number, document in enumerate(documents, start=1):
            yield _row(document, str(number), f"{path}: document {number}")
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as fault:
        raise SyntaxFaultError(
            "not what DocBin.to_disk wrote", where=str(path), mend="Save it with spaCy 3 again."
        ) from fault


def write(rows: Iterable[TextRow], path: Path) -> None:
    """One file with a document for each text, whole or not at all.

    Raises:
        FileFaultError: spaCy is missing.
    """
    docbin = _docbin(path)
    from spacy.vocab import Vocab

    vocab = Vocab()
    documents = docbin(attrs=list(_ATTRIBUTES), store_user_data=True)
    for row in rows:
        documents.add(_document(row, vocab))
    write_atomically(path, documents.to_bytes())


def _docbin(path: Path) -> "type[DocBin]":
    try:
        from spacy.tokens import DocBin
    except ImportError as fault:
        raise FileFaultError(
            "needs spaCy, which is not installed",
            where=str(path),
            mend="Install it: `pip install 'ontograft[spacy]'`.",
        ) from fault
    return DocBin


def _document(row: TextRow, vocab: Any) -> "Doc":
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.util import filter_spans

    links = row.gold or ()
    words: list[str] = []
    spaces: list[bool] = []
    firsts: dict[int, int] = {}
    lasts: dict[int, int] = {}
    for start, end, spaced in _tokens(row.text, links):
        firsts[start] = len(words)
        words.append(row.text[start:end])
        spaces.append(spaced)
        lasts[end] = len(words)
    document = Doc(vocab, words=words, spaces=spaces)
    document.user_data["id"] = row.id
    if row.gold is None:
        return document
    spans = [
        Span(document, firsts[g.start], lasts[g.end], label=g.kind or KIND, kb_id=g.curie)
        for g in links
    ]
    known = {
        "labels": [link.label for link in links],
        "probabilities": [link.probability for link in links],
    }
    document.spans[GROUP] = SpanGroup(document, name=GROUP, spans=spans, attrs=known)
    document.set_ents(filter_spans(spans), default="outside")
    return document


def _tokens(text: str, links: Collection[GoldLink]) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each token, cut where a link begins or ends, and whether a blank follows.

    That blank is no token of its own, unless a link begins or ends with it.
    """
    starts, ends = {link.start for link in links}, {link.end for link in links}
    pieces: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(text):
        inner = [at for at in range(token.start() + 1, token.end()) if at in starts or at in ends]
        pieces += pairwise([token.start(), *inner, token.end()])
    blank = (0, 0)
    for piece, after in pairwise([*pieces, blank]):
        if piece == blank:
            continue
        spaced = text[slice(*after)] == " " and after[0] not in starts and after[1] not in ends
        if spaced:
            blank = after
        yield *piece, spaced


def _row(document: "Doc", number: str, where: str) -> TextRow:
    id, text = str(document.user_data.get("id", number)), document.text
    if GROUP in document.spans:
        group = document.spans[GROUP]
        known = [group.attrs.get(key) or () for key in ("labels", "probabilities")]
        told: Iterable[tuple[str, float | None]] = zip(*known, strict=False)
        if {len(column) for column in known} != {len(group)}:  # not ours, or changed since
            told = [_told(document, span) for span in group]
        links = [_link(span, *one) for span, one in zip(group, told, strict=True)]
    elif document.has_annotation("ENT_IOB"):
        links = [_link(span, "", None) for span in document.ents]
    else:
        return TextRow(id, text)
    for link in links:
        if link is not None:
            check_span(link.start, link.end, text, where)
    return TextRow(id, text, tuple(link for link in links if link is not None))


def _told(document: "Doc", span: "Span") -> tuple[str, float | None]:
    """Label and probability that our component of a pipeline set as `span._`."""
    place = (span.start_char, span.end_char)
    known: dict[Any, Any] = document.user_data
    candidates = known.get(("._.", "candidates", *place)) or ()
    label = next((str(c["label"]) for c in candidates if c["curie"] == span.kb_id_), "")
    return label, known.get(("._.", "probability", *place))


def _link(span: "Span", label: str, probability: float | None) -> GoldLink | None:
    if span.kb_id_ in NO_CONCEPT:
        return None
    return GoldLink(span.start_char, span.end_char, span.kb_id_, span.label_, label, probability)
