"""What holds wherever something is written so: its candidates, and what speaks for them.

Texts write the same again and again. So this is worked out once, and kept; what the place in a text
adds comes to it in `linking/probabilities.py`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from kg import NameRow
from linking.candidates import Owner, owners_of
from linking.evidence import Amount, evidence_of_owner, evidence_of_writing, in_order
from linking.experience import Experience, LearntName
from linking.links import Evidence
from linking.mentions import Form, LongForm, Mention
from linking.neighbourhood import Neighbourhood
from linking.text import content_words
from linking.weights import Weights

KEPT = 5_000
"""Appraisals that are kept, of about two kilobytes each."""


@dataclass(eq=False, slots=True)
class Appraisal:
    """Candidates, and what speaks for each of them wherever something is written so.

    Attributes:
        forms: of the mention.
        owners: the candidates.
        evidence, scores: of each candidate, and what it counts.
        words: content words of the mention.
        weights: by which it counts so.
    """

    forms: tuple[Form, ...]
    owners: tuple[Owner, ...]
    evidence: tuple[tuple[Amount, ...], ...]
    scores: tuple[float, ...]
    words: frozenset[str]
    weights: Weights
    _told: dict[int, tuple[Evidence, ...]] = field(default_factory=dict)

    def under(self, weights: Weights) -> "Appraisal":
        """The same evidence by other weights."""
        scores = tuple(weights.bias + worth(found, weights) for found in self.evidence)
        return replace(self, scores=scores, weights=weights, _told={})

    def told(self, at: int, further: Sequence[Amount] = ()) -> tuple[Evidence, ...]:
        """The evidence of a candidate with what it counts, for a reader.

        Args:
            at: which candidate.
            further: what a text says beyond.
        """
        if further:
            return weighed(in_order((*self.evidence[at], *further)), self.weights)
        known = self._told.get(at)
        if known is None:
            known = self._told[at] = weighed(self.evidence[at], self.weights)
        return known


class Appraiser:
    """Appraises mentions, and keeps what it found.

    Args:
        names: of the finder that gives the mentions.
        around: what the knowledge base knows around their owners.
        learnt_from: the index of the first name that gold texts gave.
        weights: of the evidence.
        experience: what gold texts taught.
        unknown: learnt names that are passed over.
    """

    def __init__(
        self,
        names: Sequence[NameRow],
        around: Neighbourhood,
        *,
        learnt_from: int,
        weights: Weights,
        experience: Experience,
        unknown: Collection[LearntName] = (),
    ) -> None:
        self._weights = weights
        self._names = names
        self._around = around
        self._learnt_from = learnt_from
        self._experience = experience
        self._unknown = unknown
        self._kept: dict[tuple[int, str, str, LongForm | None], Appraisal] = {}

    def owners(self, mention: Mention, *, exclude: Collection[int] = ()) -> tuple[Owner, ...]:
        """The candidates of a mention: who owns a name which it is written like."""
        owners = owners_of(mention, self._names, exclude=exclude, learnt_from=self._learnt_from)
        if not self._unknown:
            return owners
        return tuple(
            owner
            for owner in owners
            if owner.kind != "learnt" or (owner.row, owner.name.text) not in self._unknown
        )

    def of(
        self, mention: Mention, *, shouted: bool = False, exclude: Collection[int] = ()
    ) -> Appraisal:
        """The appraisal of a mention, with its owners as candidates; there may be none.

        Args:
            mention: of the finder.
            shouted: its whole text is in capitals.
            exclude: rows that are never candidates.
        """
        key = (mention.key, mention.text, mention.written, mention.long_form)
        known = self._kept.get(key)
        # what an abbreviation stands for may be the same words in another order
        if known is None or shouted or known.forms != mention.forms:
            known = self.appraised(mention, self.owners(mention), shouted=shouted)
            if not shouted:
                if len(self._kept) >= KEPT:
                    self._kept.clear()
                self._kept[key] = known
        if exclude and any(owner.row in exclude for owner in known.owners):
            owners = self.owners(mention, exclude=exclude)
            return self.appraised(mention, owners, shouted=shouted)
        return known

    def appraised(self, mention: Mention, owners: tuple[Owner, ...], *, shouted: bool) -> Appraisal:
        """The appraisal of these candidates of a mention."""
        return appraised(
            mention,
            owners,
            named=len(owners) if mention.forms else 0,
            shouted=shouted,
            around=self._around,
            weights=self._weights,
            experience=self._experience,
        )


def appraised(
    mention: Mention,
    owners: tuple[Owner, ...],
    *,
    named: int,
    shouted: bool,
    around: Neighbourhood,
    weights: Weights,
    experience: Experience,
) -> Appraisal:
    """The appraisal of these candidates of a mention.

    Args:
        mention: any.
        owners: the candidates.
        named: how many of them own a name that the mention is written like.
        shouted: the whole text of the mention is in capitals.
        around: what the knowledge base knows around them.
        weights: of the evidence.
        experience: what gold texts taught.
    """
    shared = evidence_of_writing(mention, owners=named, experience=experience)
    evidence = []
    for owner in owners:
        own = evidence_of_owner(
            mention, owner, shouted=shouted, around=around, experience=experience
        )
        evidence.append(in_order(own + shared))
    return Appraisal(
        forms=mention.forms,
        owners=owners,
        evidence=tuple(evidence),
        scores=tuple(weights.bias + worth(found, weights) for found in evidence),
        words=content_words(mention.written),
        weights=weights,
    )


def worth(evidence: Iterable[Amount], weights: Weights) -> float:
    """What evidence counts, in log-odds against NIL, without the bias."""
    of = weights.of
    return sum([of[name] * amount for name, amount, _ in evidence], 0.0)


def weighed(evidence: Iterable[Amount], weights: Weights) -> tuple[Evidence, ...]:
    """The evidence with what it counts, without what counts nothing."""
    of = weights.of
    found = [Evidence(name, note, round(of[name] * amount, 6)) for name, amount, note in evidence]
    if weights.bias:
        found.append(Evidence("bias", "of all candidates", round(weights.bias, 6)))
    return tuple(one for one in found if one.weight)
