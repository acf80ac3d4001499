"""Learns from gold texts, in seconds: names, habits, and what each kind of evidence is worth.

What a text taught is never used to judge that same text (cross-fitting): the texts are dealt into
folds, and each fold is judged by what the others taught. On these judgements the weights are
fitted: a conditional logit over the candidates and NIL (McFadden 1974) with a Gaussian prior around
the defaults, so that few texts change little. The probabilities come out calibrated.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from linking.errors import TextsError
from linking.evaluation import score_links
from linking.experience import Experience, LearntName, Surface, summed
from linking.linker import Linker, Vocabulary, keeper
from linking.links import LinkedText, settle_overlaps
from linking.name_bags import is_acronym
from linking.probabilities import Judged
from linking.protocols import NO_NEURAL, Neural
from linking.reading import TextRow
from linking.settings import LinkerSettings, Overlap
from linking.tagger import SpanTagger
from linking.tagging import MarkedText, TaggerFit, marked_text
from linking.text import fold
from linking.trained import Trained
from linking.weights import DEFAULTS, OF_NEURAL_PARTS, Weights
from linking.words import stem, words_of

FOLDS = 5
TAGGER_FOLDS = 3
"""Folds of the texts for what is learnt of spans, which takes longest."""

MAX_NAME = 100
"""Longest span that may become a name, in characters."""

PRIOR = 0.5
"""Precision of the Gaussian prior around the default weights."""

THRESHOLDS = tuple(k / 20 for k in range(6, 17))
"""NIL thresholds of which the best is kept."""

_FLAT: tuple[Overlap, ...] = ("best", "longest")
_Matrix = tuple[
    Float64[np.ndarray, "candidate w"],
    Int64[np.ndarray, " mention"],
    Float64[np.ndarray, " candidate"],
]
NeuralOfFold = Callable[[int], Neural]
"""For each fold the parts that its texts did not teach."""

_Spans = Mapping[tuple[int, int], Sequence[int]]


@dataclass(frozen=True)
class _Text:
    """A gold text: the rows of its marked spans, its names, and what it alone teaches."""

    row: TextRow
    spans: _Spans
    surfaces: Mapping[int, Surface]
    concepts: Counter[int]
    marked: MarkedText


def train_linker(
    kb: Vocabulary,
    texts: Sequence[TextRow],
    *,
    settings: LinkerSettings | None = None,
    neural: Neural | NeuralOfFold = NO_NEURAL,
    progress: Callable[[str, int, int], None] | None = None,
) -> Trained:
    """Fit a linker to gold texts.

    Args:
        kb: the knowledge base.
        texts: those with marked links count; links to entities that are not in the knowledge base
            teach that nothing is linked there.
        settings: of the linker; the threshold is found anew.
        neural: the parts that it will be used with. Where the same texts taught them: what gives
            for a fold parts that its texts did not teach; text i is in fold i % `FOLDS`.
        progress: called with the step, texts done and texts in all.

    Raises:
        TextsError: fewer texts with gold links than folds, or no link to a known entity.
    """
    tell = progress or (lambda *_: None)
    settings = settings or LinkerSettings()
    marked = [row for row in texts if row.gold is not None]
    table = kb.table()
    rows = {curie: row for row, curie in enumerate(table.curies)}
    rows |= {iri: row for row, iri in enumerate(table.iris)}
    if len(marked) < FOLDS or not any(g.curie in rows for row in marked for g in row.gold or ()):
        raise TextsError(
            f"{len(marked)} texts have gold links to this knowledge base, {FOLDS} at least are "
            "wanted",
            mend="Mark links in more texts, with the CURIEs of the knowledge base.",
        )
    learnt = _learnt_names(kb, marked, rows)
    linker = Linker(
        table=table,
        names=kb.names(),
        graph=kb.graph(),
        settings=settings,
        experience=Experience(names=tuple(learnt)),
        keep=keeper(kb, settings),
    )
    lessons = [_lesson(linker, row, rows) for row in _told(marked, "read texts", tell)]
    taggers = _taggers(lessons, tell)
    linkers = _of_folds(linker, neural)
    judgements = list(_judgements(linkers, lessons, learnt, taggers, tell))
    weights = _fitted(judgements, lessons)
    experience = replace(_of_all(lessons), names=tuple(learnt), tagger=taggers[-1])
    linkers = [linker.with_weights(weights) for linker in linkers]
    settings, record = _tuned(linkers, lessons, judgements)
    return Trained(
        weights=weights,
        settings=settings,
        taught=experience.to_json(table),
        record={
            "texts": len(marked),
            "links": sum(len(row.gold or ()) for row in marked),
            "learnt names": len(learnt),
            "folds": FOLDS,
            "cross-fitted": record,
        },
    )


def _learnt_names(
    kb: Vocabulary, texts: Sequence[TextRow], rows: Mapping[str, int]
) -> dict[LearntName, set[int]]:
    """What the texts call entities, and no name is like; with the folds of the texts that do."""
    marked = {rows.get(gold.curie) for text in texts for gold in text.gold or ()}
    known = {(name.row, _alike(name.text)) for name in kb.names() if name.row in marked}
    found: dict[tuple[int, str], tuple[LearntName, set[int]]] = {}
    for number, text in enumerate(texts):
        for gold in text.gold or ():
            written = text.text[gold.start : gold.end]
            row, alike = rows.get(gold.curie), _alike(written)
            if row is None or not alike or len(written) > MAX_NAME or (row, alike) in known:
                continue
            name = LearntName(row, " ".join(written.split()))
            found.setdefault((row, alike), (name, set()))[1].add(number % FOLDS)
    return dict(found.values())


def _alike(text: str) -> str:
    """The same for texts that are found as one name."""
    if is_acronym(text):
        return text
    folded = fold(text)
    return " ".join(sorted(map(stem, words_of(text, folded).words))) or folded.strip()


def _lesson(linker: Linker, row: TextRow, rows: Mapping[str, int]) -> _Text:
    spans: dict[tuple[int, int], list[int]] = {}
    concepts = Counter[int]()
    for gold in row.gold or ():
        known = rows.get(gold.curie)
        if known is not None:
            spans.setdefault((gold.start, gold.end), []).append(known)
            concepts[known] += 1
    surfaces: dict[int, Surface] = {}
    for mention in linker.mentions(row.text):
        surface = surfaces.setdefault(mention.key, Surface())
        linked = spans.get((mention.start, mention.end), ())
        if linked:
            surface.linked += 1
            surface.rows.update(linked)
        else:
            surface.unlinked += 1
    marks = [(gold.start, gold.end) for gold in row.gold or ()]
    marked = marked_text(row.text, names=linker.named_spans(row.text), marks=marks)
    return _Text(row, spans, surfaces, concepts, marked)


def _of_all(lessons: Sequence[_Text]) -> Experience:
    return summed((text.surfaces, text.concepts) for text in lessons)


def _of_folds(linker: Linker, neural: Neural | NeuralOfFold) -> list[Linker]:
    """The linker that judges each fold."""
    if isinstance(neural, Neural):
        return [linker.with_neural(neural)] * FOLDS
    return [linker.with_neural(neural(fold_)) for fold_ in range(FOLDS)]


def _taggers(lessons: Sequence[_Text], tell: Callable[[str, int, int], None]) -> list[SpanTagger]:
    """For each of `TAGGER_FOLDS` what the others taught of spans; and, last, what all did."""
    fit = TaggerFit([text.marked for text in lessons])
    every = range(len(lessons))
    chosen = [
        *([at for at in every if at % TAGGER_FOLDS != fold_] for fold_ in range(TAGGER_FOLDS)),
        list(every),
    ]
    return [fit.fitted(one) for one in _told(chosen, "learn spans", tell)]


def _judgements(
    linkers: Sequence[Linker],
    lessons: Sequence[_Text],
    learnt: Mapping[LearntName, set[int]],
    taggers: Sequence[SpanTagger],
    tell: Callable[[str, int, int], None],
) -> Iterator[list[Judged]]:
    """Each text judged by what the other folds taught, and a tagger that it did not."""
    others = [
        _of_all([text for at, text in enumerate(lessons) if at % FOLDS != fold_])
        for fold_ in range(FOLDS)
    ]
    alone = [
        frozenset(name for name, folds in learnt.items() if folds == {fold_})
        for fold_ in range(FOLDS)
    ]
    judges = [
        linker.with_experience(experience, unknown=names)
        for linker, experience, names in zip(linkers, others, alone, strict=True)
    ]
    for at, text in enumerate(_told(lessons, "judge texts", tell)):
        judge = judges[at % FOLDS].with_tagger(taggers[at % TAGGER_FOLDS])
        yield judge.judge(text.row.text)


def _fitted(judgements: Sequence[Sequence[Judged]], lessons: Sequence[_Text]) -> Weights:
    """The weights of the greatest posterior."""
    from scipy.optimize import minimize

    names = ("bias", *_weights_asked_for(judgements))
    amounts, starts, right = _matrix(judgements, lessons, names)
    prior = np.array([DEFAULTS.get(name, 0.0) for name in names])
    group = np.repeat(np.arange(len(starts)), np.diff([*starts, len(amounts)]))

    def loss(weights: Float64[np.ndarray, " w"]) -> tuple[float, Float64[np.ndarray, " w"]]:
        scores = amounts @ weights
        top = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
        powers = np.exp(scores - top[group])
        total = np.add.reduceat(powers, starts) + np.exp(-top)
        away = weights - prior
        nll = float((np.log(total) + top).sum() - scores @ right + PRIOR * (away @ away) / 2)
        return nll, amounts.T @ (powers / total[group] - right) + PRIOR * away

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": 300})
    bias, *rest = (round(float(weight), 6) for weight in found.x)
    return Weights(DEFAULTS | dict(zip(names[1:], rest, strict=True)), bias)


def _weights_asked_for(judgements: Sequence[Sequence[Judged]]) -> tuple[str, ...]:
    """The weights to fit; those of neural parts only where these said something."""
    said = {
        name
        for found in judgements
        for mention in found
        for evidence in mention.evidence
        for name, _, _ in evidence
    }
    return tuple(name for name in DEFAULTS if name in said or name not in OF_NEURAL_PARTS)


def _matrix(
    judgements: Sequence[Sequence[Judged]], lessons: Sequence[_Text], names: Sequence[str]
) -> _Matrix:
    """Amounts of all candidates, the first candidate of each mention, and which are right."""
    column = {name: at for at, name in enumerate(names)}
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    starts: list[int] = []
    right: list[float] = []
    for found, text in zip(judgements, lessons, strict=True):
        for mention in found:
            starts.append(len(right))
            gold = text.spans.get((mention.mention.start, mention.mention.end), ())
            for owner, evidence in zip(mention.owners, mention.evidence, strict=True):
                for name, amount, _ in evidence:
                    rows.append(len(right))
                    columns.append(column[name])
                    values.append(amount)
                right.append(float(owner.row in gold))
    amounts = np.zeros((len(right), len(names)))
    amounts[rows, columns] = values
    amounts[:, 0] = 1.0
    return amounts, np.array(starts, dtype=np.int64), np.array(right)


def _tuned(
    linkers: Sequence[Linker], lessons: Sequence[_Text], judgements: Sequence[Sequence[Judged]]
) -> tuple[LinkerSettings, dict[str, Any]]:
    """The threshold and policy with the best strict F1 on cross-fitted judgements; the scores.

    Who wants all links, nested ones too, keeps that policy.
    """
    settings = linkers[0].settings
    every = replace(settings, nil_threshold=1.0, overlap="all")
    found = []
    for at, own in enumerate(judgements):
        linker = linkers[at % FOLDS]
        again = linker.judge_again(own)
        found.append([(one.nil, link) for one in again for link in linker.links_of([one], every)])
    gold = [text.row for text in lessons]
    policies: tuple[Overlap, ...] = ("all",) if settings.overlap == "all" else _FLAT
    tried = []
    for policy in policies:
        for threshold in THRESHOLDS:
            linked = [
                LinkedText(
                    row.id,
                    row.text,
                    settle_overlaps([link for nil, link in own if nil < threshold], policy),
                )
                for row, own in zip(gold, found, strict=True)
            ]
            tried.append((_strict_f1(gold, linked), policy, threshold, linked))
    _, policy, threshold, linked = max(tried, key=lambda one: one[0])
    best = replace(settings, overlap=policy, nil_threshold=threshold)
    return best, score_links(gold, linked).to_json()


def _strict_f1(gold: Sequence[TextRow], linked: Sequence[LinkedText]) -> float:
    right = given = wanted = 0
    for row, found in zip(gold, linked, strict=True):
        marks = {(mark.start, mark.end, mark.curie) for mark in row.gold or ()}
        links = {(link.start, link.end, link.curie) for link in found.links}
        right += len(marks & links)
        given += len(links)
        wanted += len(marks)
    return 2 * right / (given + wanted) if right else 0.0


def _told(texts: Sequence[Any], step: str, tell: Callable[[str, int, int], None]) -> Iterator[Any]:
    for done, text in enumerate(texts):
        tell(step, done, len(texts))
        yield text
    tell(step, len(texts), len(texts))
