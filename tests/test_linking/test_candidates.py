from kg import NameRow
from linking.candidates import owners_of
from linking.mentions import MentionFinder

NAMES = [
    NameRow(4, "Bond", "label", "en"),
    NameRow(4, "bond", "related", "en"),
    NameRow(2, "bonds", "broad", "en"),
    NameRow(9, "Bond", "exact", ""),
]


def owners(text, **options):
    finder = MentionFinder(NAMES)
    (mention,) = finder.find(text)
    return [
        (owner.row, owner.kind, owner.variant)
        for owner in owners_of(mention, finder.names, **options)
    ]


def test_each_owner_comes_once_with_its_best_name():
    assert owners("bond") == [(4, "label", ""), (9, "exact", ""), (2, "broad", "plural")]


def test_how_the_mention_differs_from_the_name_is_told():
    assert owners("bonds") == [(4, "label", "plural"), (9, "exact", "plural"), (2, "broad", "")]


def test_excluded_owners_are_none():
    assert owners("bond", exclude={4, 9}) == [(2, "broad", "plural")]
    assert owners("bond", exclude={2, 4, 9}) == []


def test_a_name_that_gold_texts_gave_is_told_as_learnt():
    assert owners("bond", learnt_from=3) == [
        (4, "label", ""),
        (9, "learnt", ""),
        (2, "broad", "plural"),
    ]
