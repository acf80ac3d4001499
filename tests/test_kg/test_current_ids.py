"""Identifiers of before lead to what stands for them today."""

import pytest

from kg import KnowledgeBase

OLD = """\
format-version: 1.2
ontology: x

[Term]
id: X:1
name: liver
alt_id: X:11
alt_id: X:12

[Term]
id: X:2
name: heart
alt_id: X:12
alt_id: X:1

[Term]
id: X:3
name: obsolete hart
is_obsolete: true
replaced_by: X:4

[Term]
id: X:4
name: obsolete harte
is_obsolete: true
alt_id: X:14
replaced_by: X:2

[Term]
id: X:5
name: obsolete ring
is_obsolete: true
replaced_by: X:6

[Term]
id: X:6
name: obsolete ring too
is_obsolete: true
replaced_by: X:5

[Term]
id: X:7
name: obsolete without an heir
is_obsolete: true
"""

SCHEME = """\
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <http://example.org/> .
ex:bond a skos:Concept ; skos:prefLabel "bond"@en ; skos:notation "B12" .
ex:share a skos:Concept ; skos:prefLabel "share"@en ; skos:notation "X:11" .
"""


@pytest.fixture
def base(tmp_path):
    (tmp_path / "old.obo").write_text(OLD, "utf-8")
    (tmp_path / "scheme.ttl").write_text(SCHEME, "utf-8")
    with KnowledgeBase.open(tmp_path / "kb.sqlite", create=True) as kb:
        kb.load(tmp_path / "old.obo", tmp_path / "scheme.ttl")
        yield kb


def test_old_ids_lead_to_what_is_live(base):
    ids = {old: new for old, new in base.current_ids().items() if not old.startswith("http")}
    assert ids == {
        "X:11": "X:1",  # an alternative id comes before a notation
        "X:3": "X:2",  # by way of X:4
        "X:4": "X:2",
        "X:14": "X:2",  # alternative id of what is replaced
        "B12": "ex:bond",
    }


def test_iris_of_the_replaced_are_known_too(base):
    ids = base.current_ids()
    assert ids["http://purl.obolibrary.org/obo/X_3"] == "X:2"
    assert set(ids.values()) <= set(base.table().curies)


def test_what_is_live_ambiguous_or_a_ring_is_left_out(base):
    assert base.current_ids().keys().isdisjoint({"X:1", "X:12", "X:5", "X:6", "X:7"})
