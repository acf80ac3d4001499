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
from linking.neighbourhood import Neighbourhood
from linking.settings import LinkerSettings
from linking.text import content_words, fold, is_cjk

CASE_WEIGHT = 1.0
LENGTH_WEIGHT = 0.4
COMPOUND_WEIGHT = -2.0
MAX_WORDS = 4
MAX_SHARED_WORDS = 4
MAX_MODIFIER_WEIGHT = 4.0
CLOSE_ENOUGH = 0.3
"""Closeness below this says nothing: in a tree of some size, everything meets near the root."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mention, its candidates, and what of their evidence needs no other mention."""

    mention: Mention
    owners: tuple[Owner, ...]


def local_evidence(
    mention: Mention, owner: Owner, *, text: str, owners: int
) -> list[Evidence]:
    """Evidence from the mention itself: kind of name, ambiguity, case, length, glued words."""
    spelt = f", {owner.variant}" if owner.variant else ""
    evidence = [Evidence("name", f"{owner.name.kind}{spelt}", owner.weight)]
    if owners > 1:
        # the owners share what one alone would have, so that their number alone moves no mass to
        # or from NIL
        evidence.append(Evidence("ambiguity", f"{owners} owners", -math.log(owners)))
    case = case_weight(mention.text, owner.name.text, text=text)
    if case:
        evidence.append(Evidence("case", "agrees" if case > 0 else "differs", case))
    length = length_weight(mention.text)
    if length:
        evidence.append(Evidence("length", f"{len(mention.text)} characters", length))
    if is_glued(text, mention.start, mention.end):
        words = len(fold(mention.text).split())
        evidence.append(Evidence("compound", "part of a hyphenated word", COMPOUND_WEIGHT / words))
    return evidence


def case_weight(surface: str, name: str, *, text: str) -> float:
    """Whether capitals beyond the first letter agree; 0 where they say nothing.

    Args:
        surface: the mention as written.
        name: the name as the knowledge base writes it.
        text: the whole text; in one written in capitals, capitals say nothing.
    """
    if is_acronym(name):
        return CASE_WEIGHT  # the finder has already asked for the same letters
    wanted = [c.isupper() for c in name[1:]]
    found = [c.isupper() for c in surface[1:]]
    if not any(wanted) and not any(found):
        return 0.0
    if any(wanted):
        return CASE_WEIGHT / 2 if wanted[: len(found)] == found[: len(wanted)] else -CASE_WEIGHT / 2
    shouted = all(found) and not text.isupper()
    return -2 * CASE_WEIGHT if shouted and len(surface) <= 5 else 0.0


def length_weight(surface: str) -> float:
    """More words make chance agreement less likely; very short lower-case words more so."""
    if any(map(is_cjk, surface)):
        return LENGTH_WEIGHT * min(len(surface) - 2, MAX_WORDS - 1)
    words = len(fold(surface).split())
    if words > 1:
        return LENGTH_WEIGHT * (min(words, MAX_WORDS) - 1)
    return -1.0 if len(surface) <= 3 and not is_acronym(surface) else 0.0


def is_glued(text: str, start: int, end: int) -> bool:
    """A hyphen joins the span to another word ("cyst" in "cyst-like")."""
    before = start > 1 and text[start - 1] == "-" and text[start - 2].isalpha()
    return before or (end + 1 < len(text) and text[end] == "-" and text[end + 1].isalpha())


def modifier_evidence(
    mention: Mention, owner: Owner, around: Neighbourhood, weight: float
) -> Evidence | None:
    """Evidence against a one-word name that mostly serves to build names of unrelated concepts.

    -weight * log(1 + users elsewhere) * share of users elsewhere, at most `MAX_MODIFIER_WEIGHT`.
    """
    word = fold(owner.name.text.strip())
    if " " in word or is_acronym(mention.text):
        return None
    kin, elsewhere = around.use(word, owner.row)
    if elsewhere == 0 or weight == 0:
        return None
    share = elsewhere / (kin + elsewhere)
    against = min(MAX_MODIFIER_WEIGHT, weight * math.log(1 + elsewhere) * share)
    return Evidence("modifier", f"in {elsewhere} unrelated names, {kin} related", -against)


def context_evidence(
    mention: Mention, owner: Owner, around: Neighbourhood, words: frozenset[str], weight: float
) -> Evidence | None:
    """Evidence from words that the text shares with the candidate's definition and parents."""
    shared = (words & around.context(owner.row)) - content_words(mention.text)
    if not shared or weight == 0:
        return None
    count = min(len(shared), MAX_SHARED_WORDS)
    return Evidence("context", ", ".join(sorted(shared)[:3]), weight * math.log(1 + count))


def coherence_evidence(
    proposal: Proposal,
    owner: Owner,
    others: Sequence[Proposal],
    around: Neighbourhood,
    weight: float,
) -> Evidence | None:
    """Evidence from the closest candidate of another mention of the text that does not overlap."""
    mention = proposal.mention
    best, closest = 0.0, -1
    if weight == 0:
        return None
    for other in others:
        if other.mention.start < mention.end and mention.start < other.mention.end:
            continue
        for candidate in other.owners:
            if candidate.row == owner.row:
                continue  # the same name once more is no second witness
            close = around.closeness(owner.row, candidate.row)
            if close > best:
                best, closest = close, candidate.row
    if best < CLOSE_ENOUGH:
        return None
    return Evidence("coherence", f"{around.label(closest)} ({best:.2f})", weight * best)


def gather_evidence(
    proposals: Sequence[Proposal],
    index: int,
    *,
    text: str,
    words: frozenset[str],
    around: Neighbourhood,
    settings: LinkerSettings,
) -> list[tuple[Owner, tuple[Evidence, ...]]]:
    """All evidence for each candidate of one mention of a text.

    Args:
        proposals: all mentions of the text with their candidates.
        index: which of them.
        text: the text.
        words: its content words.
        around: what the knowledge base knows around the candidates.
        settings: the weights.
    """
    proposal = proposals[index]
    mention, count = proposal.mention, len(proposal.owners)
    gathered = []
    for owner in proposal.owners:
        evidence: list[Evidence | None] = [
            *local_evidence(mention, owner, text=text, owners=count),
            modifier_evidence(mention, owner, around, settings.modifier_weight),
            context_evidence(mention, owner, around, words, settings.context_weight),
            coherence_evidence(proposal, owner, proposals, around, settings.coherence_weight),
        ]
        gathered.append((owner, tuple(e for e in evidence if e is not None)))
    return gathered


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
