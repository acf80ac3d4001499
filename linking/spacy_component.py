"""The linker as a component of a spaCy pipeline; spaCy finds it by itself once both are installed.

nlp.add_pipe("ontograft_linker", config={"kb": "finance.sqlite"})

Each link becomes a span whose `kb_id_` is the CURIE, with `span._.iri`, `span._.probability` and
`span._.candidates`: all of them in `doc.spans["ontograft"]`, those that do not overlap in
`doc.ents` too. `import linking` imports neither this file nor spaCy; to read these attributes of
documents in a process that links nothing, import this file.
"""

from collections.abc import Iterable, Mapping
from inspect import unwrap
from typing import Any, Literal

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from kg import KnowledgeBase
from linking.linker import Linker
from linking.links import Link
from linking.settings import LinkerSettings

AlignmentMode = Literal["strict", "contract", "expand"]

EXTENSIONS = ("iri", "probability", "candidates")
"""Attributes of a span under `span._`; one that another package has set already is left to it."""

for _name in EXTENSIONS:
    if not Span.has_extension(_name):
        Span.set_extension(_name, default=None)


class SpacyLinker:
    """Links each document that it is called with."""

    def __init__(
        self,
        linker: Linker,
        *,
        label: str = "CONCEPT",
        spans_key: str = "ontograft",
        alignment_mode: AlignmentMode = "strict",
        overwrite_ents: bool = False,
    ) -> None:
        """Wrap a linker; `nlp.add_pipe` is the usual way.

        Args:
            linker: of the knowledge base.
            label: of the spans, where no entity of the document has the same span and a label.
            spans_key: where in `doc.spans` all links stand.
            alignment_mode: what to do with a link that begins or ends within a token: "strict"
                leaves it out, "contract" and "expand" take the tokens within it or around it.
            overwrite_ents: a link replaces entities that it overlaps; otherwise they stay, and it
                stands in `doc.spans` only.
        """
        self.linker = linker
        self._label = label
        self._spans_key = spans_key
        self._alignment_mode = alignment_mode
        self._overwrite_ents = overwrite_ents

    def __call__(self, doc: Doc) -> Doc:
        """Add the links of the document's text."""
        labels = {(ent.start, ent.end): ent.label_ for ent in doc.ents}
        spans = []
        for link in self.linker.link(doc.text).links:
            span = doc.char_span(
                link.start, link.end, kb_id=link.curie, alignment_mode=self._alignment_mode
            )
            if span is not None and len(span):
                span.label_ = labels.get((span.start, span.end), "") or self._label
                _tell(span, link)
                spans.append(span)
        doc.spans[self._spans_key] = spans
        doc.set_ents(self._entities(doc, spans), default="unmodified")
        return doc

    def _entities(self, doc: Doc, spans: Iterable[Span]) -> list[Span]:
        """The links that become entities: no two of them overlap."""
        if self._overwrite_ents:
            return filter_spans(spans)
        free = [token.ent_iob_ not in ("B", "I") for token in doc]
        same = {(ent.start, ent.end) for ent in doc.ents}
        return filter_spans(
            span
            for span in spans
            if (span.start, span.end) in same or all(free[span.start : span.end])
        )


def _tell(span: Span, link: Link) -> None:
    """Set what a span knows of its link; plain values, so that DocBin can store them."""
    span._.iri = link.iri
    span._.probability = link.probability
    span._.candidates = tuple(  # as a list becomes one in DocBin
        {
            "curie": candidate.curie,
            "iri": candidate.iri,
            "label": candidate.label,
            "probability": candidate.probability,
            "why": "; ".join(map(str, candidate.why)),
        }
        for candidate in link.candidates
    )


def make_linker(
    nlp: Language,
    name: str,
    kb: str,
    settings: Mapping[str, Any],
    label: str,
    spans_key: str,
    alignment_mode: AlignmentMode,
    overwrite_ents: bool,
) -> SpacyLinker:
    """What `nlp.add_pipe("ontograft_linker", config=…)` calls.

    Args:
        nlp, name: the pipeline, and the component's name in it.
        kb: the knowledge base: a path or a SQLAlchemy URL.
        settings: of the linker, as in `LinkerSettings`.
        label, spans_key, alignment_mode, overwrite_ents: as in `SpacyLinker`.
    """
    with KnowledgeBase.open(kb) as base:
        linker = Linker.of(base, settings=LinkerSettings.from_json(settings))
    return SpacyLinker(
        linker,
        label=label,
        spans_key=spans_key,
        alignment_mode=alignment_mode,
        overwrite_ents=overwrite_ents,
    )


Language.factory(
    "ontograft_linker",
    assigns=["doc.ents", "doc.spans", "token.ent_iob", "token.ent_type", "token.ent_kb_id"],
    default_config={
        "settings": {},
        "label": "CONCEPT",
        "spans_key": "ontograft",
        "alignment_mode": "strict",
        "overwrite_ents": False,
    },
    # spaCy reads the arguments' names, which the shape checks of our tests wrap away
    func=unwrap(make_linker),
)
