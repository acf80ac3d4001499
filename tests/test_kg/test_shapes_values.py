"""Texts of XSD datatypes, their order, and regular expressions, apart from shapes.

The texts are those of https://www.w3.org/TR/xmlschema11-2/, or one step away from them.
"""

from decimal import Decimal

import pytest

from kg.shapes.judging import can_match, not_in_order, not_matching
from kg.shapes.lexical import number, well_formed
from kg.sparql.result import SparqlTerm
from kg.vocabulary import XSD

WELL = [
    ("integer", "0 -0 +12 0012"), ("integer", "9" * 5_000), ("nonNegativeInteger", "0 -0 7"),
    ("negativeInteger", "-1"), ("byte", "-128 127"), ("unsignedByte", "255"),
    ("long", "9223372036854775807"), ("decimal", "1 1. .5 -0.50"), ("double", "1 1e5 -1.5E-3 INF"),
    ("float", "NaN -INF +INF"), ("boolean", "true false 0 1"), ("date", "2024-02-29 2000-02-29Z"),
    ("date", "-0044-03-15 12024-01-31+14:00"), ("dateTime", "2024-12-31T24:00:00"),
    ("dateTime", "2024-01-01T23:59:59.123-05:00"), ("time", "00:00:00 23:59:59Z"),
    ("gYear", "2024 -0001"), ("gYearMonth", "2024-12"), ("gMonthDay", "--02-29"), ("gDay", "---31"),
    ("duration", "P1Y -P1DT2H PT0.5S"), ("dayTimeDuration", "P1D PT1M"),
    ("yearMonthDuration", "P1Y2M"), ("hexBinary", "0aFF"), ("base64Binary", "YQ== YWI= YWJj"),
    ("language", "en zh-Hant-TW"), ("dateTimeStamp", "2024-01-01T00:00:00Z"),
]  # fmt: skip
ILL = [
    ("integer", "1.0 one 1_000 ٣ --1"), ("nonNegativeInteger", "-1"), ("positiveInteger", "0"),
    ("byte", "128 -129"), ("unsignedLong", "18446744073709551616"), ("decimal", ". 1e5 INF"),
    ("double", "Infinity 1e e5 nan"), ("boolean", "True TRUE 2"),
    ("date", "2023-02-29 1900-02-29 2024-13-01 2024-04-31 24-01-01 2024-1-1"),
    ("dateTime", "2024-01-01 2024-01-01T24:00:01 2024-01-01T12:00 2024-01-01T12:00:00+15:00"),
    ("time", "24:00:01 12:60:00"), ("gMonthDay", "--02-30"), ("duration", "P PT P1YT 1Y P1S"),
    ("dayTimeDuration", "P1Y P"), ("hexBinary", "0 0g"), ("base64Binary", "YQ= Y YR=="),
    ("language", "english1234 e_n"), ("dateTimeStamp", "2024-01-01T00:00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("datatype", "texts"), WELL)
def test_a_text_of_its_datatype_is_well_formed(datatype, texts):
    assert [text for text in texts.split() if not well_formed(text, XSD + datatype)] == []


@pytest.mark.parametrize(("datatype", "texts"), ILL)
def test_a_text_that_is_none_of_its_datatype_is_ill_formed(datatype, texts):
    assert [text for text in texts.split() if well_formed(text, XSD + datatype)] == []


def test_every_text_is_one_of_a_datatype_that_is_not_known():
    assert well_formed("anything", "http://e.org/mine")
    assert well_formed("anything", XSD + "anyURI")


def test_numbers_keep_their_value():
    assert number("0.10", XSD + "decimal") == Decimal("0.1")
    assert number("1e2", XSD + "double") == 100.0
    assert number("1e2", XSD + "decimal") is None
    assert number("2024-01-01", XSD + "date") is None


def literal(text, datatype=""):
    return SparqlTerm("literal", text, XSD + datatype if datatype else "")


ORDERED = [
    (literal("9", "integer"), literal("10", "byte")),
    (literal("9" * 40, "integer"), literal("9" * 41, "integer")),
    (literal("0.1", "decimal"), literal("0.2", "double")),
    (literal("-INF", "double"), literal("0", "integer")),
    (literal("a"), literal("b")),
    (literal("false", "boolean"), literal("1", "boolean")),
    (literal("2024-01-01", "date"), literal("2024-01-02", "date")),
    (literal("2024-01-01T01:00:00+02:00", "dateTime"), literal("2024-01-01T00:00:00Z", "dateTime")),
    (literal("P1D", "duration"), literal("P2D", "duration")),
]


@pytest.mark.parametrize(("smaller", "larger"), ORDERED)
def test_values_are_in_order_one_way_only(smaller, larger):
    assert not_in_order({1: (smaller, larger), 2: (larger, smaller)}, "<") == {2}
    assert not_in_order({1: (smaller, smaller)}, "<") == {1}
    assert not_in_order({1: (smaller, smaller)}, "<=") == set()


NOT_COMPARABLE = [
    (literal("1", "integer"), literal("1")),
    (literal("NaN", "double"), literal("1", "integer")),
    (SparqlTerm("uri", "http://e.org/a"), SparqlTerm("uri", "http://e.org/b")),
    (SparqlTerm("literal", "a", lang="en"), SparqlTerm("literal", "b", lang="en")),
    (literal("true", "boolean"), literal("2", "integer")),
    (literal("2024-01-01T00:00:00", "dateTime"), literal("2024-01-01T00:00:00Z", "dateTime")),
    (literal("x", "integer"), literal("2", "integer")),
    (literal("2024-01-01", "date"), literal("2024-01-01T00:00:00", "dateTime")),
]


@pytest.mark.parametrize(("first", "second"), NOT_COMPARABLE)
def test_values_that_cannot_be_compared_are_in_no_order(first, second):
    assert not_in_order({1: (first, second), 2: (second, first)}, "<=") == {1, 2}


def test_a_tenth_is_a_tenth_in_every_type():
    # as SPARQL promotes a decimal to a double before it compares the two
    tenth = (literal("0.1", "decimal"), literal("0.1", "double"))
    assert not_in_order({1: tenth}, "<=") == set()


def test_texts_of_all_kinds_are_matched_as_they_are():
    texts = {1: 'a"b', 2: "a\\b", 3: "a\nb", 4: r"a\u0062", 5: "ab", 6: "a\tb", 7: "阿司匹林"}
    assert not_matching(texts, "^a.?b$", "s") == {4, 7}
    assert not_matching(texts, r"\\", "") == {1, 3, 5, 6, 7}
    assert not_matching(texts, "^\\p{Han}+$", "") == {1, 2, 3, 4, 5, 6}


def test_an_expression_that_linear_time_does_not_allow_cannot_match():
    allowed = {"(a+)+$": True, "^[^:]+:\\S+$": True, "(?=a)": False, r"(a)\1": False, "[": False}
    assert {pattern: can_match(pattern, "") for pattern in allowed} == allowed
    assert not can_match("a", "g")
