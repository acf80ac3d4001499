"""Reasoning over a knowledge base: what is stored, when it is stale, budgets, contradictions."""

import pytest
from sqlalchemy import select

from kg import Budget, ExportError, InputError, KnowledgeBase
from kg.reasoning.stored import read_inferred
from kg.store.schema import inferred, term

FAMILY = """\
@prefix : <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://example.org/> a owl:Ontology .
:Person a owl:Class ; rdfs:label "person" .
:Woman a owl:Class ; rdfs:subClassOf :Person ; owl:disjointWith :Man .
:Man a owl:Class ; rdfs:subClassOf :Person .
:parent a owl:ObjectProperty ; rdfs:domain :Person ; rdfs:range :Person .
:mother a owl:ObjectProperty ; rdfs:subPropertyOf :parent ; rdfs:range :Woman .
:grandparent a owl:ObjectProperty ; owl:propertyChainAxiom ( :parent :parent ) .
:ann a owl:NamedIndividual, :Woman .
:bob a owl:NamedIndividual ; :mother :ann .
:cid a owl:NamedIndividual ; :parent :bob .
"""
RULES = """\
hard :: <http://example.org/elder>(x) :- <http://example.org/grandparent>(y, x).
0.9 :: <http://example.org/knows>(x, y) :- <http://example.org/parent>(x, y).
audit :: <http://example.org/Man>(x) :- <http://example.org/parent>(y, x).
"""


on_both = pytest.mark.parametrize("empty_kb", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def family(load_text) -> KnowledgeBase:
    return load_text(FAMILY, "family.ttl")


def stored(kb: KnowledgeBase) -> set[tuple[str, str, str, str]]:
    """The inferred triples by local names, with their rules."""
    with kb._database.reading() as connection:
        texts = {
            n: v.rpartition("/")[2] for n, v in connection.execute(select(term.c.id, term.c.value))
        }
        rows = connection.execute(select(inferred)).all()
    return {(texts[r.subject], texts[r.predicate], texts[r.object], r.rule) for r in rows}


def local(kb: KnowledgeBase) -> set[tuple[str, str, str, str]]:
    return {row for row in stored(kb) if "#" not in row[1]}


@on_both
def test_what_follows_is_stored_with_its_rule(family):
    report = family.reason()
    assert local(family) == {
        ("bob", "parent", "ann", "prp-spo1"),
        ("cid", "grandparent", "ann", "prp-spo2"),
    }
    assert report.by_rule["prp-spo2"] == 1
    assert report.inferred == len(stored(family)) == sum(report.by_rule.values())
    assert (report.profile, report.complete, report.contradictions) == ("rl", True, ())


@on_both
def test_nothing_stored_is_asserted(family):
    family.reason()
    with family._database.reading() as connection:
        found = connection.exec_driver_sql(
            "SELECT COUNT(*) FROM inferred JOIN triple USING (subject, predicate, object)"
        )
        assert found.scalar() == 0


def test_a_second_run_gives_the_same_and_keeps_no_older_one(family):
    family.reason()
    first = stored(family)
    family.reason("rdfs")
    assert {row[3] for row in stored(family)} <= {
        "rdfs2",
        "rdfs3",
        "rdfs5",
        "rdfs7",
        "rdfs9",
        "rdfs11",
    }
    family.reason()
    assert stored(family) == first


def test_inferred_edges_are_in_the_graph_only_when_asked_for(family):
    family.reason()
    row = family.table().row
    edge = (row("http://example.org/cid"), row("http://example.org/ann"))

    def edges(graph):
        return set(zip(graph.head.tolist(), graph.tail.tolist(), strict=True))

    assert edge not in edges(family.graph())
    assert edge in edges(family.graph(inferred=True))


@on_both
def test_after_a_load_nothing_inferred_before_is_read(family, load_text):
    family.reason()
    assert len(read_all(family)) > 0
    load_text(FAMILY.replace(":mother :ann", ":mother :eve"), "family.ttl")
    # bob is no longer ann's child, and the rows that say so are still in the table
    assert len(stored(family)) > 0
    assert len(read_all(family)) == 0
    graph = family.graph(inferred=True)
    assert 2 not in graph.origin
    with pytest.raises(InputError, match="run `ontograft reason"):
        family.explain(*(f"http://example.org/{n}" for n in ("cid", "grandparent", "ann")))
    family.reason()
    assert ("cid", "grandparent", "eve", "prp-spo2") in stored(family)


def test_the_same_content_again_is_not_stale(family, load_text):
    family.reason()
    load_text(FAMILY, "family.ttl")
    assert len(read_all(family)) > 0


def read_all(kb: KnowledgeBase):
    with kb._database.reading() as connection:
        return read_inferred(connection)[0].subject


def test_a_budget_of_triples_stops_with_what_was_found(load_text):
    # a chain that feeds itself: the relation fills all 60 x 60 pairs
    ring = "".join(f":n{i} :p :n{(i + 1) % 60}, :n{(i + 7) % 60} .\n" for i in range(60))
    kb = load_text(FAMILY + ":p a owl:ObjectProperty ; owl:propertyChainAxiom ( :p :p ) .\n" + ring)
    report = kb.reason(budget=Budget(triples=500))
    assert not report.complete
    assert "500 that the budget allows" in report.stopped
    assert "prp-spo2" in report.stopped
    assert 0 < report.by_rule["prp-spo2"] == sum(row[1] == "p" for row in stored(kb))
    whole = kb.reason()
    assert whole.complete
    assert sum(row[1] == "p" for row in stored(kb)) == 60 * 60 - 120


def test_budgets_of_rounds_and_seconds_are_told(family):
    assert "1 rounds" in family.reason(budget=Budget(rounds=1)).stopped
    assert "0.0001 s" in family.reason(budget=Budget(seconds=0.0001)).stopped


@on_both
def test_a_contradiction_names_its_triples_and_their_file(family, load_text):
    kb = load_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "<http://example.org/more> a owl:Ontology ."
        ':dan :mother :cid ; <http://www.w3.org/2000/01/rdf-schema#label> "Dan" . :cid a :Man .',
        "more.ttl",
    )
    report = kb.reason()
    assert report.contradiction_counts == {"cax-dw": 1}
    (found,) = report.contradictions
    sources = {str(leaf.triple): leaf.sources for leaf in found.asserted()}
    assert {triple: paths[0].rpartition("/")[2] for triple, paths in sources.items()} == {
        ":Woman owl:disjointWith :Man": "family.ttl",
        ":mother rdfs:range :Woman": "family.ttl",
        ":dan :mother :cid": "more.ttl",
        ":cid rdf:type :Man": "more.ttl",
    }


@on_both
def test_horn_rules_run_with_the_others(family, load_text):
    kb = load_text(RULES, "family.rules")
    report = kb.reason(least_weight=0.5)
    assert ("ann", "type") in {
        (row[0], row[1].rpartition("#")[2]) for row in stored(kb) if row[3] == "horn:1"
    }
    # bob's mother is his parent by a rule of RL, and therefore known by the soft one
    assert {row[:3] for row in stored(kb) if row[3] == "horn:2"} == {
        ("bob", "knows", "ann"),
        ("cid", "knows", "bob"),
    }
    # the audit fires for ann and bob, and infers nothing
    assert list(report.audits.values()) == [2]
    assert not [row for row in stored(kb) if row[3] == "horn:3"]
    assert report.horn["horn:1"].startswith("<http://example.org/elder>(x)")
    graph = kb.graph(inferred=True)
    assert "http://example.org/knows" in graph.relations or ":knows" in graph.relations


def test_a_soft_rule_of_little_weight_is_left_out(family, load_text):
    kb = load_text(RULES, "family.rules")
    report = kb.reason()
    assert set(report.horn) == {"horn:1"}
    assert not [row for row in stored(kb) if row[1] == "knows"]


def test_a_rule_about_one_thing_holds_of_what_is_the_same(family, load_text):
    load_text(
        "@prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "<http://example.org/same> a owl:Ontology ."
        ':zoe owl:sameAs :ann ; <http://www.w3.org/2000/01/rdf-schema#label> "Zoe" .',
        "same.ttl",
    )
    kb = load_text(
        "hard :: <http://example.org/kin>(x, x) :- "
        "<http://example.org/mother>(x, <http://example.org/zoe>).",
        "zoe.rules",
    )
    kb.reason()
    assert ("bob", "kin", "bob", "horn:1") in stored(kb)


def test_an_unknown_profile_is_an_input_error(family):
    with pytest.raises(InputError, match="no profile 'owl'"):
        family.reason("owl")


def test_the_past_is_not_reasoned_about(family):
    with KnowledgeBase.open(family.location, at=1) as past, pytest.raises(InputError, match="past"):
        past.reason()


# -- what takes inferred triples when it is asked to ----------------------------------------------

GRANDPARENTS = "PREFIX : <http://example.org/> SELECT * { ?x :grandparent ?y }"
SHAPES = """\
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix : <http://example.org/> .
:Grandchild a sh:NodeShape ; sh:targetSubjectsOf :grandparent ; sh:nodeKind sh:BlankNode .
:Mother a sh:NodeShape ; sh:targetNode :bob ;
  sh:property [ sh:path :parent ; sh:minCount 1 ; sh:class :Person ] .
"""


@on_both
def test_queries_shapes_and_exports_take_inferred_triples_when_asked_to(load_text, tmp_path):
    kb = load_text(FAMILY, "family.ttl")
    kb.reason()
    (tmp_path / "shapes.ttl").write_text(SHAPES)

    def breaches(*, inferred: bool) -> list[tuple[str, str]]:
        results = kb.validate(tmp_path / "shapes.ttl", inferred=inferred).results
        return [(r.focus.value.rpartition("/")[2], r.source[-10:]) for r in results]

    for _ in range(8):  # PostgreSQL's driver keeps a statement that comes again prepared
        assert breaches(inferred=False) == [("bob", "family.ttl")]
        assert breaches(inferred=True) == [("cid", "family.ttl")]
    assert kb.sparql(GRANDPARENTS).rows == ()
    [(grandchild, grandparent)] = kb.sparql(GRANDPARENTS, inferred=True).rows
    assert (grandchild.value[-3:], grandparent.value[-3:]) == ("cid", "ann")
    assert kb.sparql(GRANDPARENTS).rows == ()

    stated = kb.export(tmp_path / "stated.nt").written
    report = kb.export(tmp_path / "all.nt", inferred=True)
    assert report.written == stated + len(stored(kb))
    with KnowledgeBase.open(tmp_path / "again.db", create=True) as again:
        again.load(tmp_path / "all.nt")
        assert again.sparql(GRANDPARENTS).rows == kb.sparql(GRANDPARENTS, inferred=True).rows
    assert kb.export(tmp_path / "stated.nt").written == stated


def test_what_only_an_inferred_triple_tells_of_has_no_file(load_text, tmp_path):
    kb = load_text(FAMILY + ":eva :parent :outsider .", "family.ttl")
    kb.reason()
    text = SHAPES.partition(":Grandchild")[0]
    text += ":S a sh:NodeShape ; sh:targetClass :Person ; sh:not [ sh:nodeKind sh:IRI ] ."
    (tmp_path / "shapes.ttl").write_text(text)
    results = kb.validate(tmp_path / "shapes.ttl", inferred=True).results
    sources = {r.focus.value.rpartition("/")[2]: r.source for r in results}
    assert sources["outsider"] == ""
    assert sources["ann"].endswith("family.ttl")


@pytest.mark.parametrize("ask", ["sparql", "validate", "export"])
def test_inferred_triples_that_are_not_there_or_stale_are_not_given(family, tmp_path, ask):
    (tmp_path / "shapes.ttl").write_text(SHAPES)

    def asked() -> object:
        if ask == "sparql":
            return family.sparql(GRANDPARENTS, inferred=True)
        if ask == "validate":
            return family.validate(tmp_path / "shapes.ttl", inferred=True)
        return family.export(tmp_path / "all.ttl", inferred=True)

    with pytest.raises(InputError, match="Nothing is inferred"):
        asked()
    family.reason()
    asked()
    (tmp_path / "more.ttl").write_text(FAMILY.replace("org/> a owl", "org/more> a owl"))
    family.load(tmp_path / "more.ttl")
    with pytest.raises(InputError, match="Nothing is inferred"):
        asked()


def test_inferred_triples_are_written_to_rdf_of_all_sources_alone(family, tmp_path):
    family.reason()
    with pytest.raises(ExportError, match="RDF alone"):
        family.export(tmp_path / "a.obo", inferred=True)
    with pytest.raises(ExportError, match="all sources together"):
        family.export(tmp_path / "a.ttl", inferred=True, sources=["http://example.org/"])
