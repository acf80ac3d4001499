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
        (owner.row, owner.name.kind, owner.variant, round(owner.weight, 6))
        for owner in owners_of(mention, finder.names, **options)
    ]


def test_each_owner_comes_once_with_its_best_name():
    assert owners("bond") == [
        (4, "label", "", 3.0),
        (9, "exact", "", 2.8),
        (2, "broad", "singular", 0.3),
    ]


def test_a_variant_counts_a_little_less_than_the_name_itself():
    assert owners("bonds") == [
        (4, "label", "plural", 2.8),
        (9, "exact", "plural", 2.6),
        (2, "broad", "", 0.5),
    ]


def test_excluded_owners_are_none():
    assert owners("bond", exclude={4, 9}) == [(2, "broad", "singular", 0.3)]
    assert owners("bond", exclude={2, 4, 9}) == []
