"""What speaks for and against a candidate, as amounts; `linking/weights.py` says what they count.

Each amount has the name of its weight and a note that a person can read.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from linking.candidates import KIND_RANK, VARIANT_RANK, Owner
from linking.experience import Experience
from linking.mentions import Mention
from linking.name_bags import is_acronym
from linking.neighbourhood import Neighbourhood, only_word
from linking.text import HYPHENS, content_words, fold, has_cjk

MAX_WORDS = 4
"""Words of a mention that count."""

MAX_SHARED_WORDS = 4

UNLIKE = ("similar", "alike")
"""Variants of which the mention is not written like the name."""

BRANCH_SHARE = 0.7
"""Of the users of a branch's words, the share that is unrelated up to which it is no such branch.

Seen: 0.95 and more in HPO's clinical modifiers and frequencies, 0.26 in its phenotypes, up to 0.70
in the branches of UBERON and of the Cell Ontology.
"""


class Amount(NamedTuple):
    """How much of one kind of evidence there is."""

    name: str
    amount: float
    note: str


ORDER = (
    *KIND_RANK,
    *VARIANT_RANK[1:],
    *(*UNLIKE, "case", "shouted", "abbreviation", "other long form", "word use", "branch use"),
    *("context", "share", "concept", "similarity", "dense", "ambiguity", "words", "short"),
    *("compound", "acronym", "covered", "habit", "unseen", "likeness", "marked"),
    *("detected", "context score"),
    "coherence",
)
"""In which a reader is told of them; what is not among them comes last."""

_RANK = {name: at for at, name in enumerate(ORDER)}


def in_order(amounts: Iterable[Amount]) -> tuple[Amount, ...]:
    """The amounts as in `ORDER`."""
    last = len(ORDER)
    return tuple(sorted(amounts, key=lambda amount: _RANK.get(amount[0], last)))


def evidence_of_writing(mention: Mention, *, owners: int, experience: Experience) -> list[Amount]:
    """What is the same for all candidates, wherever something is written so.

    Args:
        mention: a mention.
        owners: how many candidates there are.
        experience: what gold texts taught.
    """
    found = []
    if owners > 1:
        # the owners share what one alone would have, so that their number alone moves no mass to
        # or from NIL
        found.append(Amount("ambiguity", -math.log(owners), f"{owners} owners"))
    written = mention.written
    words = words_amount(written)
    if words:
        found.append(Amount("words", words, f"{len(written)} characters"))
    short = max(0, 4 - len(written)) if " " not in written and not has_cjk(written) else 0
    if short:
        found.append(Amount("short", short, f"{len(written)} characters"))
    if mention.long_form is None and is_acronym(mention.text):
        found.append(Amount("acronym", 1.0, "not defined in the text"))
    seen = experience.surfaces.get(mention.key)
    if seen is None:
        found.append(Amount("unseen", 1.0, "not in the gold texts"))
    else:
        odds = math.log((seen.linked + 0.5) / (seen.unlinked + 0.5))
        note = f"linked {seen.linked} of {seen.linked + seen.unlinked} times in the gold texts"
        found.append(Amount("habit", odds, note))
    return found


def evidence_of_owner(
    mention: Mention,
    owner: Owner,
    *,
    shouted: bool,
    around: Neighbourhood,
    experience: Experience,
) -> list[Amount]:
    """What speaks for one candidate, wherever something is written so.

    Args:
        mention: a mention.
        owner: one of its candidates.
        shouted: its whole text is in capitals.
        around: what the knowledge base knows around the candidate.
        experience: what gold texts taught.
    """
    found = [Amount(owner.kind, 1.0, owner.name.text)]
    if owner.variant:
        found.append(Amount(owner.variant, 1.0, mention.written))
    if owner.variant not in UNLIKE:  # the capitals of other words say nothing
        case = case_amount(mention.written, owner.name.text, shouted=shouted)
        if case is not None:
            found.append(case)
    short = abbreviation_amount(mention, owner, around)
    if short is not None:
        found.append(short)
    found.extend(modifier_amounts(owner, around))
    seen = experience.surfaces.get(mention.key)
    if seen is not None and seen.linked:
        own = seen.rows.get(owner.row, 0)
        share = math.log((own + 0.1) / (seen.linked + 0.1))
        found.append(Amount("share", share, f"{own} of {seen.linked} links in the gold texts"))
    times = experience.concepts.get(owner.row, 0)
    if times:
        found.append(Amount("concept", math.log(1 + times), f"{times} times in the gold texts"))
    return found


def evidence_of_place(mention: Mention, *, text: str, covered: bool) -> list[Amount]:
    """What its place in the text says of all candidates of a mention.

    Args:
        mention: a mention of the text.
        text: the text.
        covered: a longer mention has this one within it.
    """
    found = []
    glue = glue_amount(text, mention.start, mention.end)
    if glue:
        found.append(Amount("compound", glue, "part of a hyphenated word"))
    if covered:
        found.append(Amount("covered", 1.0, "within a longer mention"))
    return found


def evidence_of_words(
    words: frozenset[str], own: frozenset[str], owner: Owner, around: Neighbourhood
) -> list[Amount]:
    """What the words of the text say of one candidate of a mention.

    Args:
        words: content words of the text.
        own: those of the mention, which are no context.
        owner: the candidate.
        around: what the knowledge base knows around it.
    """
    shared = words & around.context(owner.row)
    if shared:
        shared -= own
    if not shared:
        return []
    count = min(len(shared), MAX_SHARED_WORDS)
    return [Amount("context", math.log(1 + count), ", ".join(sorted(shared)[:3]))]


def words_amount(written: str) -> int:
    """More words make chance agreement less likely; of Chinese, more characters."""
    if has_cjk(written):
        return min(len(written) - 2, MAX_WORDS - 1)
    return min(len(fold(written).split()), MAX_WORDS) - 1


def case_amount(surface: str, name: str, *, shouted: bool) -> Amount | None:
    """Whether capitals beyond the first letter agree; None where they say nothing.

    A short word in capitals whose name has none is most likely an acronym of something else.

    Args:
        surface: the mention as written.
        name: the name as the knowledge base writes it.
        shouted: the whole text is written in capitals, so that capitals say nothing.
    """
    inner, wanted_inner = surface[1:], name[1:]
    if (inner.islower() and wanted_inner.islower()) or is_acronym(name):
        return None  # of acronyms the finder has already asked for the same letters
    wanted = [c.isupper() for c in wanted_inner]
    found = [c.isupper() for c in inner]
    if any(wanted):
        agrees = wanted[: len(found)] == found[: len(wanted)]
        return Amount("case", 1.0, "agrees") if agrees else Amount("case", -1.0, "differs")
    if any(found) and all(found) and len(surface) <= 5 and not shouted:
        return Amount("shouted", 1.0, "in capitals")
    return None


def glue_amount(text: str, start: int, end: int) -> float:
    """Whether a hyphen joins a span to another word.

    In full where that word follows ("small lens-shaped"), as it is then the one that counts; where
    it goes before ("pre-cancer cell"), shared among the words of the span. 0 without a hyphen.
    """
    if end + 1 < len(text) and text[end] in HYPHENS and text[end + 1].isalpha():
        return 1.0
    if start > 1 and text[start - 1] in HYPHENS and text[start - 2].isalpha():
        return 1.0 / len(fold(text[start:end]).split())
    return 0.0


def abbreviation_amount(mention: Mention, owner: Owner, around: Neighbourhood) -> Amount | None:
    """What the text says that the mention stands for.

    A long form that is no name itself speaks against the owners of the short form, unless it shares
    a word with their label, definition or parents: then it may be their name in other words.
    """
    long = mention.long_form
    if long is None:
        return None
    note = f'of "{long.text}"'
    if long.named:
        return Amount("abbreviation", 1.0, note)
    if content_words(long.text) & around.context(owner.row):
        return None
    return Amount("other long form", 1.0, note)


def modifier_amounts(owner: Owner, around: Neighbourhood) -> Iterator[Amount]:
    """Whether a one-word name serves to build the names of unrelated concepts.

    Of its word: log(1 + unrelated users) * their share. It counts mildly, since of some words
    ("blood") many unrelated names are made though they are concepts of their own.

    Of its branch: (share - s) / (1 - s), where the share of unrelated users is above
    s = `BRANCH_SHARE`. The one-word names of a branch of modifiers ("right", "severe") occur in
    names of concepts that no relation joins to their owner ("right ventricular hypertrophy"); those
    of other branches mostly in names of their own kinds and parts ("focal seizure").
    """
    word = only_word(owner.name.text)
    if word is None or has_cjk(word) or is_acronym(owner.name.text):
        return
    use = around.use(word, owner.row)
    if use.elsewhere:
        share = use.elsewhere / (use.kin + use.elsewhere)
        note = f"in {use.elsewhere} unrelated names, {use.kin} related"
        yield Amount("word use", math.log(1 + use.elsewhere) * share, note)
    branch = around.branch_use(owner.row)
    if branch.share_elsewhere > BRANCH_SHARE:
        amount = (branch.share_elsewhere - BRANCH_SHARE) / (1 - BRANCH_SHARE)
        note = f"words in {branch.elsewhere} unrelated names, {branch.kin} related"
        yield Amount("branch use", amount, note)


def marked_amount(log_odds: float) -> Amount:
    """How likely the gold texts would mark the span, in log-odds."""
    return Amount("marked", log_odds, f"{1 / (1 + math.exp(-log_odds)):.2f} likely by its words")


def covered_ones(spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Of spans by start, longer first: whether a longer one has each within it."""
    found: list[bool] = []
    reach = -1
    for at, (start, end) in enumerate(spans):
        twin = at > 0 and spans[at - 1] == (start, end)
        found.append(found[-1] if twin else end <= reach)
        reach = max(reach, end)
    return found
