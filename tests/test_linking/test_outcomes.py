"""Each mark and each link of a text meets its fate."""

from linking import Candidate, GoldLink, Link
from linking.outcomes import outcomes_of

KNOWN = {"A", "B", "C"}


def link(start, end, curie):
    return Link(start, end, "x" * (end - start), (Candidate(0, curie, "", "", 0.9, ()),))


def kinds(marks, links):
    found = outcomes_of([GoldLink(*mark) for mark in marks], links, links, KNOWN)
    return [(one.kind, one.span[0]) for one in found]


def test_span_and_concept_agree():
    assert kinds([(0, 2, "A")], [link(0, 2, "A")]) == [("right", 0)]


def test_the_same_span_with_another_concept():
    assert kinds([(0, 2, "A")], [link(0, 2, "B")]) == [("wrong concept", 0)]


def test_the_same_concept_at_a_span_that_overlaps():
    assert kinds([(0, 5, "A")], [link(3, 8, "A")]) == [("wrong span", 0)]
    assert kinds([(0, 3, "A")], [link(3, 8, "A")]) == [("missed", 0), ("spurious", 3)]


def test_a_mark_alone_and_a_link_alone():
    assert kinds([(0, 2, "A")], [link(4, 6, "B")]) == [("missed", 0), ("spurious", 4)]


def test_a_mark_without_concept_is_nothing_and_a_link_on_it_is_spurious():
    assert kinds([(0, 2, "")], []) == []
    assert kinds([(0, 2, "")], [link(0, 2, "B")]) == [("spurious", 0)]


def test_a_concept_that_the_ontology_lacks_cannot_be_found():
    assert kinds([(0, 2, "X")], []) == [("not in the ontology", 0)]
    assert kinds([(0, 2, "X")], [link(0, 2, "A")]) == [("not in the ontology", 0)]


def test_a_right_link_is_never_taken_by_another_mark():
    # two concepts on one span, one of them linked
    assert kinds([(0, 2, "B"), (0, 2, "A")], [link(0, 2, "A")]) == [("right", 0), ("missed", 0)]


def test_marks_that_are_there_twice_count_once():
    assert kinds([(0, 2, "A"), (0, 2, "A")], [link(0, 2, "A")]) == [("right", 0)]
