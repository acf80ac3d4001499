"""How likely each candidate is: evidence in log-odds against NIL, then one softmax with NIL.

p(candidate) = exp(its evidence) / (exp(nil_weight) + sum of exp(evidence) over the candidates).
The weights are set by hand, not fitted; every candidate carries what counted for and against it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from linking.candidates import Owner
from linking.links import Evidence
from linking.mentions import Mention, is_acronym
from linking.neighbourhood import Neighbourhood, only_word
from linking.settings import LinkerSettings
from linking.text import HYPHENS, content_words, fold, has_cjk

CASE_WEIGHT = 0.5
"""For capitals inside a name that the mention has too, and against it where they differ."""

SHOUTED_WEIGHT = -2.0
"""For a short word in capitals whose name has none: most likely an acronym of something else."""

LENGTH_WEIGHT = 0.4
"""For each word after the first, up to `MAX_WORDS`."""

MAX_WORDS = 4

SHORT_WEIGHT = -1.0
"""For each character that a one-word mention has less than four."""

ABBREVIATION_WEIGHT = -0.2
"""For an abbreviation in place of its long form."""

OTHER_LONG_FORM_WEIGHT = -2.0
"""For an abbreviation of which the text says that it stands for something that no name is."""

COMPOUND_WEIGHT = -2.0
"""For a mention that a hyphen joins to another word."""

MAX_SHARED_WORDS = 4

WORD_WEIGHT = 0.5
"""For a one-word name that is used in names of unrelated concepts."""

BRANCH_WEIGHT = 8.0
"""Against a name from a branch all of whose one-word names are used as modifiers."""

BRANCH_SHARE = 0.7
"""Of the users of a branch's words, the share that is unrelated up to which it is no such branch.

Seen: 0.95 and more in HPO's clinical modifiers and frequencies, 0.26 in its phenotypes, up to 0.70
in the branches of UBERON and of the Cell Ontology.
"""

WINDOW = 20
"""Mentions before and after that are asked for coherence, so that long texts stay cheap."""

CLOSE_ENOUGH = 0.3
"""Closeness below this says nothing: in a tree of some size, everything meets near the root."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention, its candidates, and for each of them its evidence and probability.

    The probabilities and that of NIL sum to 1.
    """

    mention: Mention
    owners: tuple[Owner, ...]
    evidence: tuple[tuple[Evidence, ...], ...]
    probabilities: tuple[float, ...]
    nil: float


def local_evidence(mention: Mention, owner: Owner, *, text: str, owners: int) -> list[Evidence]:
    """Evidence from the mention itself: kind of name, ambiguity, case, length, glued words."""
    spelt = f", {owner.variant}" if owner.variant else ""
    evidence = [Evidence("name", f"{owner.name.kind}{spelt}", owner.weight)]
    if owners > 1:
        # the owners share what one alone would have, so that their number alone moves no mass to
        # or from NIL
        evidence.append(Evidence("ambiguity", f"{owners} owners", -math.log(owners)))
    case = case_weight(mention.written, owner.name.text, text=text)
    if case:
        evidence.append(Evidence("case", "agrees" if case > 0 else "differs", case))
    length = length_weight(mention.written)
    if length:
        evidence.append(Evidence("length", f"{len(mention.written)} characters", length))
    glue = glue_weight(text, mention.start, mention.end)
    if glue:
        evidence.append(Evidence("compound", "part of a hyphenated word", glue))
    return evidence


def abbreviation_evidence(mention: Mention, owner: Owner, around: Neighbourhood) -> Evidence | None:
    """Evidence from what the text says that the mention stands for.

    A long form that is no name itself speaks against the owners of the short form, unless it shares
    a word with their label, definition or parents: then it may be their name in other words.
    """
    long = mention.long_form
    if long is None:
        return None
    told = f'of "{long.text}"'
    if long.named:
        return Evidence("abbreviation", told, ABBREVIATION_WEIGHT)
    if content_words(long.text) & around.context(owner.row):
        return None
    return Evidence("abbreviation", told, OTHER_LONG_FORM_WEIGHT)


def case_weight(surface: str, name: str, *, text: str) -> float:
    """Whether capitals beyond the first letter agree; 0 where they say nothing.

    Args:
        surface: the mention as written.
        name: the name as the knowledge base writes it.
        text: the whole text; in one written in capitals, capitals say nothing.
    """
    if is_acronym(name):
        return 0.0  # the finder has already asked for the same letters
    wanted = [c.isupper() for c in name[1:]]
    found = [c.isupper() for c in surface[1:]]
    if not any(wanted) and not any(found):
        return 0.0
    if any(wanted):
        return CASE_WEIGHT if wanted[: len(found)] == found[: len(wanted)] else -CASE_WEIGHT
    shouted = all(found) and not text.isupper()
    return SHOUTED_WEIGHT if shouted and len(surface) <= 5 else 0.0


def length_weight(surface: str) -> float:
    """More words make chance agreement less likely; very few characters make it more likely."""
    if has_cjk(surface):
        return LENGTH_WEIGHT * min(len(surface) - 2, MAX_WORDS - 1)
    words = len(fold(surface).split())
    if words > 1:
        return LENGTH_WEIGHT * (min(words, MAX_WORDS) - 1)
    return SHORT_WEIGHT * max(0, 4 - len(surface))


def glue_weight(text: str, start: int, end: int) -> float:
    """Against a span that a hyphen joins to another word.

    In full where that word follows ("small lens-shaped"), as it is then the one that counts; where
    it goes before ("pre-cancer cell"), shared among the words of the span. 0 without a hyphen.
    """
    if end + 1 < len(text) and text[end] in HYPHENS and text[end + 1].isalpha():
        return COMPOUND_WEIGHT
    if start > 1 and text[start - 1] in HYPHENS and text[start - 2].isalpha():
        return COMPOUND_WEIGHT / len(fold(text[start:end]).split())
    return 0.0


def modifier_evidence(owner: Owner, around: Neighbourhood, weight: float) -> list[Evidence]:
    """Evidence against a one-word name that serves to build the names of unrelated concepts.

    Of its word: -weight * `WORD_WEIGHT` * log(1 + unrelated users) * their share. It is mild, since
    of some words ("blood") many unrelated names are made though they are concepts of their own.

    Of its branch: -weight * `BRANCH_WEIGHT` * (share - s) / (1 - s), where the share of unrelated
    users is above s = `BRANCH_SHARE`. The one-word names of a branch of modifiers ("right",
    "severe") occur in names of concepts that no relation joins to their owner ("right ventricular
    hypertrophy"); those of other branches mostly in names of their own kinds and parts ("focal
    seizure", "brain ventricle").
    """
    word = only_word(owner.name.text)
    if weight == 0 or word is None or has_cjk(word) or is_acronym(owner.name.text):
        return []
    evidence = []
    use = around.use(word, owner.row)
    if use.elsewhere:
        share = use.elsewhere / (use.kin + use.elsewhere)
        against = WORD_WEIGHT * math.log(1 + use.elsewhere) * share
        told = f"in {use.elsewhere} unrelated names, {use.kin} related"
        evidence.append(Evidence("word use", told, -weight * against))
    branch = around.branch_use(owner.row)
    if branch.share_elsewhere > BRANCH_SHARE:
        against = BRANCH_WEIGHT * (branch.share_elsewhere - BRANCH_SHARE) / (1 - BRANCH_SHARE)
        told = f"words in {branch.elsewhere} unrelated names, {branch.kin} related"
        evidence.append(Evidence("branch use", told, -weight * against))
    return evidence


def context_evidence(
    mention: Mention, owner: Owner, around: Neighbourhood, words: frozenset[str], weight: float
) -> Evidence | None:
    """Evidence from words that the text shares with the candidate's definition and parents."""
    shared = (words & around.context(owner.row)) - content_words(mention.written)
    if not shared or weight == 0:
        return None
    count = min(len(shared), MAX_SHARED_WORDS)
    return Evidence("context", ", ".join(sorted(shared)[:3]), weight * math.log(1 + count))


def coherence_evidence(
    judged: Sequence[Judged], index: int, owner: Owner, around: Neighbourhood, weight: float
) -> Evidence | None:
    """Evidence from the closest candidate of another mention nearby that does not overlap.

    weight * closeness * probability of that candidate before any coherence, where the closeness is
    at least `CLOSE_ENOUGH`.
    """
    if weight == 0:
        return None
    mention = judged[index].mention
    best, closeness, closest = 0.0, 0.0, -1
    for other in judged[max(0, index - WINDOW) : index + WINDOW + 1]:
        if other.mention.start < mention.end and mention.start < other.mention.end:
            continue
        for candidate, probability in zip(other.owners, other.probabilities, strict=True):
            if candidate.row == owner.row or probability <= best:
                continue  # the same entity once more is no second witness
            close = around.closeness(owner.row, candidate.row)
            if close >= CLOSE_ENOUGH and close * probability > best:
                best, closeness, closest = close * probability, close, candidate.row
    if closest < 0:
        return None
    return Evidence("coherence", f"{around.label(closest)} ({closeness:.2f})", weight * best)


def judge_alone(
    mention: Mention,
    owners: tuple[Owner, ...],
    *,
    text: str,
    words: frozenset[str],
    around: Neighbourhood,
    settings: LinkerSettings,
) -> Judged:
    """Weigh the candidates of a mention by all that needs no other mention.

    Args:
        mention: a mention of the text.
        owners: its candidates.
        text: the text.
        words: its content words.
        around: what the knowledge base knows around the candidates.
        settings: the weights.
    """
    gathered = []
    for owner in owners:
        evidence = local_evidence(mention, owner, text=text, owners=len(owners))
        short = abbreviation_evidence(mention, owner, around)
        if short is not None:
            evidence.append(short)
        evidence.extend(modifier_evidence(owner, around, settings.modifier_weight))
        context = context_evidence(mention, owner, around, words, settings.context_weight)
        if context is not None:
            evidence.append(context)
        gathered.append(tuple(evidence))
    probabilities, nil = _weighed(gathered, settings.nil_weight)
    return Judged(mention, owners, tuple(gathered), probabilities, nil)


def judge_together(
    judged: Sequence[Judged], index: int, *, around: Neighbourhood, settings: LinkerSettings
) -> Judged:
    """The same mention with the coherence of the text's candidates counted too."""
    alone = judged[index]
    gathered = []
    for owner, evidence in zip(alone.owners, alone.evidence, strict=True):
        coherence = coherence_evidence(judged, index, owner, around, settings.coherence_weight)
        gathered.append(evidence if coherence is None else (*evidence, coherence))
    probabilities, nil = _weighed(gathered, settings.nil_weight)
    return Judged(alone.mention, alone.owners, tuple(gathered), probabilities, nil)


def _weighed(
    gathered: Sequence[Sequence[Evidence]], nil_weight: float
) -> tuple[tuple[float, ...], float]:
    scores = [sum(evidence.weight for evidence in found) for found in gathered]
    probabilities, nil = softmax_with_nil(scores, nil_weight)
    return tuple(probabilities), nil


def softmax_with_nil(scores: Sequence[float], nil: float) -> tuple[list[float], float]:
    """Probabilities of candidates and of NIL.

    Args:
        scores: log-odds of the candidates.
        nil: log-odds of "none of them".

    Returns:
        A probability for each score, in their order, and that of NIL; their sum is 1.
    """
    top = max([nil, *scores])
    powers = [math.exp(score - top) for score in scores]
    none = math.exp(nil - top)
    total = sum(powers) + none
    return [power / total for power in powers], none / total
