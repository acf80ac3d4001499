"""What a notebook shows of a linked text."""

import re
from html.parser import HTMLParser

import pytest

from linking import Candidate, Evidence, Link, LinkedText
from linking.marked_text import SHOWN_CHARACTERS


def linked(text, *spans):
    links = []
    for start, end, curie in spans:
        why = (Evidence("name", '<label> & "quotes"', 3.0),)
        best = Candidate(0, curie, "http://x", f"L<{curie}>", 0.75, why)
        other = Candidate(1, "X:9", "http://x/9", "other", 0.125, ())
        links.append(Link(start, end, text[start:end], (best, other)))
    return LinkedText("1", text, tuple(links))


class Outline(HTMLParser):
    """Checks that elements are nested, and keeps the text and the marks with their texts."""

    def __init__(self, html):
        super().__init__()
        self.open, self.text, self.marks, self.tags = [], "", [], set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.open.append((tag, dict(attrs), len(self.text)))

    def handle_endtag(self, tag):
        opened, attributes, start = self.open.pop()
        assert opened == tag
        if tag == "mark":
            self.marks.append((self.text[start:], attributes["title"], attributes["style"]))

    def handle_data(self, data):
        if not any(tag in ("small", "p") for tag, _, _ in self.open):
            self.text += data


def test_a_link_is_coloured_and_says_label_probability_and_why():
    outline = Outline(linked("no fever", (3, 8, "X:1"))._repr_html_())
    assert outline.text == "no fever"
    ((text, title, style),) = outline.marks
    assert text == "fever"
    assert title.splitlines() == [
        "L<X:1> (X:1): 0.750",
        'name: <label> & "quotes" (+3.0)',
        "or other (X:9): 0.125",
    ]
    assert "background:hsl(" in style


def test_the_label_stands_behind_the_span():
    html = linked("no fever", (3, 8, "X:1"))._repr_html_()
    assert "fever<small> L&lt;X:1&gt; 0.75</small></mark>" in html


def test_nested_links_are_nested_and_crossing_ones_are_cut():
    text = "right heart failure"
    outline = Outline(linked(text, (0, 19, "X:1"), (6, 19, "X:2"), (6, 11, "X:3"))._repr_html_())
    assert outline.text == text
    assert [mark[0] for mark in outline.marks] == ["heart", "heart failure", text]
    crossing = Outline(linked(text, (0, 11, "X:1"), (6, 19, "X:2"))._repr_html_())
    assert crossing.text == text
    assert [mark[0] for mark in crossing.marks] == ["heart", "right heart", " failure"]


def test_a_concept_has_one_colour():
    outline = Outline(linked("a b c", (0, 1, "X:1"), (2, 3, "X:2"), (4, 5, "X:1"))._repr_html_())
    first, second, third = (mark[2] for mark in outline.marks)
    assert first == third != second


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b", "'><img src=x onerror=y>"])
def test_texts_are_escaped(text):
    outline = Outline(linked(text, (0, len(text), "X:1"))._repr_html_())
    assert outline.text == text
    assert outline.tags == {"div", "mark", "small"}


def test_half_a_surrogate_pair_does_not_break_the_page():
    linked("a\ud800b", (0, 2, "X:1"))._repr_html_().encode("utf-8")


def test_of_a_long_text_the_beginning_is_shown():
    text = "fever " * SHOWN_CHARACTERS
    html = linked(text, (0, 5, "X:1"), (len(text) - 6, len(text) - 1, "X:1"))._repr_html_()
    assert html.endswith("<p>20,000 of 120,000 characters</p>")
    assert len(re.findall("<mark", html)) == 1
    assert len(html) < SHOWN_CHARACTERS + 1000


def test_a_text_without_links_is_a_text():
    assert Outline(linked("")._repr_html_()).text == ""
    assert Outline(linked("a\n b")._repr_html_()).text == "a\n b"
