"""What notebooks show: small, escaped, without scripts."""

from html.parser import HTMLParser

import pytest

EVIL = "<script>alert('x')</script> & \\\"y\\\""
ANIMALS = f"""\
@prefix e: <http://e.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://e.org/> a owl:Ontology ; owl:versionInfo "{EVIL}" .
e:1 a owl:Class ; rdfs:label "{EVIL}" ; rdfs:comment "{EVIL}" .
"""


class Tags(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        assert attrs == []
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def animals(load_text):
    return load_text(ANIMALS)


@pytest.mark.parametrize(
    "shown",
    [
        lambda kb, path: kb.entity("e:1"),
        lambda kb, path: kb.search("script alert"),
        lambda kb, path: kb.summary(),
        lambda kb, path: kb.load(path)[0],
        lambda kb, path: kb.sparql("SELECT ?label { ?s rdfs:label ?label }"),
    ],
    ids=["entity", "search", "summary", "load", "sparql"],
)
def test_every_record_is_a_table_in_which_texts_are_texts(animals, tmp_path, shown):
    page = shown(animals, tmp_path / "text.ttl")._repr_html_()
    found = Tags(page)
    assert set(found.tags) <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert found.open == []
    assert "<script>alert('x')</script> & \"y\"" in found.text


def test_a_long_table_shows_its_first_rows_and_says_so(zoo):
    page = zoo.sparql("SELECT * { ?s ?p ?o }", row_limit=60)._repr_html_()
    assert page.count("<tr>") == 51
    assert "50 of 60 rows; there are more" in page
