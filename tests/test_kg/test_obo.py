"""OBO: the same as its OWL form, and a broken line costs that line alone."""

import pytest

from kg import KnowledgeBase

OBO = "http://purl.obolibrary.org/obo/"


def contents(kb: KnowledgeBase) -> dict:
    """All that two knowledge bases must agree on, whatever the order of rows."""
    table, graph = kb.table(), kb.graph()
    edges = zip(graph.head.tolist(), graph.relation.tolist(), graph.tail.tolist(), strict=True)
    return {
        "entities": sorted(
            zip(table.curies, table.iris, table.labels, table.definitions, table.synonyms,
                table.kinds, table.live.tolist(), strict=True)
        ),
        "edges": sorted(
            (table.curies[h], graph.relations[r], table.curies[t]) for h, r, t in edges
        ),
        "names": sorted((table.curies[n.row], n.text, n.kind, n.lang) for n in kb.names()),
        "axioms": sorted((a.kind, a.arguments) for a in kb.axioms()),
        "version": kb.summary().sources[0].version,
        "licence": kb.summary().sources[0].licence,
        "iri": kb.summary().sources[0].iri,
        "details": [kb.entity(c).to_json() for c in sorted(table.curies)],
    }  # fmt: skip


def test_obo_and_turtle_of_one_ontology_say_the_same(tmp_path, zoo_obo, zoo_ttl):
    with KnowledgeBase.open(tmp_path / "a.db", create=True) as kb:
        kb.load(zoo_obo)
        obo = contents(kb)
    with KnowledgeBase.open(tmp_path / "b.db", create=True) as kb:
        kb.load(zoo_ttl)
        turtle = contents(kb)
    assert obo == turtle


@pytest.mark.parametrize(
    ("header", "iri", "version"),
    [
        ("ontology: zoo", f"{OBO}zoo.owl", ""),
        ("ontology: zoo.obo\ndata-version: 2026-01", f"{OBO}zoo.owl", "2026-01"),
        ("ontology: http://e.org/zoo", "http://e.org/zoo", ""),
        ("ontology: http://e.org/zoo\ndata-version: 7", "http://e.org/zoo", "7"),
        (
            "ontology: http://e.org/zoo\ndata-version: http://e.org/zoo/7",
            "http://e.org/zoo",
            "http://e.org/zoo/7",
        ),
        ("idspace: e http://e.org/\nontology: e:zoo", "http://e.org/zoo", ""),
        ("ontology: urn:x:zoo", "urn:x:zoo", ""),
        ("", "file:///a.obo", ""),
    ],
)
def test_the_name_and_version_of_an_ontology_come_back(load_text, tmp_path, header, iri, version):
    text = f"format-version: 1.4\n{header}\n\n[Term]\nid: e1\nname: one\n"
    kb = load_text(text, "a.obo")
    source = kb.summary().sources[0]
    assert (source.iri, source.version) == (iri, version)
    kb.export(tmp_path / "a.obo")
    everything = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(isIRI(?s)) }"
    graph = kb.sparql(everything).to_ntriples()
    with KnowledgeBase.open(tmp_path / "again.db", create=True) as again:
        (report,) = again.load(tmp_path / "a.obo")
        assert (report.source.iri, report.source.version) == (iri, version)
        found = again.sparql(everything).to_ntriples()
    assert sorted(found.splitlines()) == sorted(graph.splitlines())


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("isa ZOO:0001", "No clause"),
        ("is_a:", "an identifier is missing"),
        ("colour: grey", "the tag 'colour' is unknown"),
        ('def: "It purrs', 'a text in "quotes" is missing'),
        ('def: "It purrs." [BOOK:1', "is not closed"),
        ('synonym: "puss" EXAKT []', "'EXAKT' is no scope"),
        ("relationship: eats", "a relation and a term are wanted"),
        ("is_obsolete: maybe", "neither true nor false"),
        ("name: dog", "a second name"),
    ],
)
def test_a_bad_line_loses_that_line_alone_and_is_reported(empty_kb, tmp_path, zoo_obo, line, text):
    lines = zoo_obo.read_text().splitlines()
    at = lines.index("name: cat") + 1
    lines.insert(at, line)
    path = tmp_path / "broken.obo"
    path.write_text("\n".join(lines))
    (report,) = empty_kb.load(path)
    assert [(w.line, text in w.text) for w in report.warnings] == [(at + 1, True)]
    cat = empty_kb.entity("ZOO:0002")
    assert cat.definition == "An animal that purrs."
    assert cat.parents == ("ZOO:0001",)
    assert [n.text for n in cat.names] == ["cat", "house cat", "feline"]


def test_a_lost_part_loses_its_definition_not_the_term(load_text):
    kb = load_text(
        "format-version: 1.2\n\n[Term]\nid: A:1\nname: a\n\n"
        "[Term]\nid: A:2\nname: b\nintersection_of: A:1\nintersection_of:\n",
        "a.obo",
    )
    # Half of an equivalence would say that every a is a b.
    assert kb.entity("A:2").edges == ()


def test_escapes_comments_and_modifiers_are_read(load_text):
    kb = load_text(
        "format-version: 1.2\n\n[Term]\n"
        "id: A:1\n"
        'name: five\\, "six"\n'
        'def: "Says \\"hello\\".\\nTwice." [A:9 "the \\"book\\"", B:8] {source="x"} ! note\n'
        'is_a: A:2 {gci="no"} ! a comment\n\n[Term]\nid: A:2\nname: b\n',
        "a.obo",
    )
    found = kb.entity("A:1")
    assert found.label == 'five, "six"'
    assert found.definition == 'Says "hello".\nTwice.'
    assert found.parents == ("A:2",)


def test_a_relation_goes_by_the_identifier_that_its_xref_gives(load_text):
    kb = load_text(
        "format-version: 1.2\n\n[Term]\nid: A:1\nname: a\nrelationship: part_of A:2\n\n"
        "[Term]\nid: A:2\nname: b\n\n[Typedef]\nid: part_of\nname: part of\nxref: BFO:0000050\n"
        "is_transitive: true\n",
        "a.obo",
    )
    edges = [(e.relation, e.tail, e.origin) for e in kb.entity("A:1").edges]
    assert edges == [("BFO:0000050", "A:2", "restriction")]
    assert ("transitive", ("BFO:0000050",)) in [(a.kind, a.arguments) for a in kb.axioms()]


def test_a_parent_that_nobody_describes_is_reported_and_comes_alive_later(empty_kb, tmp_path):
    (tmp_path / "a.obo").write_text("format-version: 1.2\n\n[Term]\nid: A:1\nname: a\nis_a: B:9\n")
    (tmp_path / "b.obo").write_text("format-version: 1.2\n\n[Term]\nid: B:9\nname: b\n")
    (report,) = empty_kb.load(tmp_path / "a.obo")
    assert "lead to 1 entities that no loaded file describes" in report.warnings[0].text
    assert len(empty_kb.graph().head) == 0
    assert empty_kb.summary().entities == 1
    empty_kb.load(tmp_path / "b.obo")
    table = empty_kb.table()
    assert empty_kb.graph().is_a(table.row("A:1"), table.row("B:9"))


QUALIFIED = """\
format-version: 1.2

[Term]
id: A:1
name: a
comment: Text with {braces}. {xref="BOOK:1"}
synonym: "alpha" EXACT [BOOK:2] {source="BOOK:3", source:extra="x"}
xref: UMLS:C1 "a note" {source="MONDO:equivalentTo"}
is_a: A:2 {source="BOOK:4", comment="said \\"so\\""} ! b
relationship: part_of A:3 {source="BOOK:5"} ! c
is_a: A:3 {gci_relation="part_of", gci_filler="A:2"}

[Term]
id: A:2
name: b

[Term]
id: A:3
name: c

[Typedef]
id: part_of
name: part of
"""


def test_what_qualifies_a_line_is_an_axiom_about_its_triple(load_text):
    kb = load_text(QUALIFIED, "a.obo")
    a = kb.entity("A:1")
    assert [(name.text, name.kind) for name in a.names] == [("a", "label"), ("alpha", "exact")]
    assert {(edge.relation, edge.tail) for edge in a.edges} == {
        ("rdfs:subClassOf", "A:2"),
        ("http://purl.obolibrary.org/obo/TEMP#part_of", "A:3"),
    }
    rows = kb.sparql(
        "SELECT ?p ?t ?note ?value { ?n owl:annotatedSource <http://purl.obolibrary.org/obo/A_1> ; "
        "owl:annotatedProperty ?p ; owl:annotatedTarget ?t ; ?note ?value "
        "FILTER(isLiteral(?value) && ?note != owl:annotatedTarget) }"
    ).rows
    found = {
        (p.value.rpartition("#")[2], "" if t.kind == "bnode" else t.value, note.value, value.value)
        for p, t, note, value in rows
    }
    oio, rdfs = (
        "http://www.geneontology.org/formats/oboInOwl#",
        "http://www.w3.org/2000/01/rdf-schema#",
    )
    obo = "http://purl.obolibrary.org/obo/"
    assert found == {
        ("comment", "Text with {braces}.", oio + "hasDbXref", "BOOK:1"),
        ("hasExactSynonym", "alpha", oio + "hasDbXref", "BOOK:2"),
        ("hasExactSynonym", "alpha", oio + "source", "BOOK:3"),
        ("hasExactSynonym", "alpha", obo + "source_extra", "x"),
        ("hasDbXref", "UMLS:C1", oio + "source", "MONDO:equivalentTo"),
        ("subClassOf", obo + "A_2", oio + "source", "BOOK:4"),
        ("subClassOf", obo + "A_2", rdfs + "comment", 'said "so"'),
        ("subClassOf", "", oio + "source", "BOOK:5"),
    }


def test_what_holds_in_a_context_is_said_of_it_alone(load_text):
    kb = load_text(QUALIFIED, "a.obo")
    assert kb.sparql(
        "ASK { ?eye rdfs:subClassOf <http://purl.obolibrary.org/obo/A_3> ; owl:intersectionOf "
        "( <http://purl.obolibrary.org/obo/A_1> [ owl:onProperty ?part ; "
        "owl:someValuesFrom <http://purl.obolibrary.org/obo/A_2> ] ) }"
    ).truth
    assert kb.entity("A:1").parents == ("A:2",)


def test_what_qualifies_a_line_is_written_and_read_again(load_text, tmp_path):
    plain = "\n".join(line for line in QUALIFIED.splitlines() if "gci_" not in line)
    kb = load_text(plain.replace("1.2", "1.2\nontology: a"), "a.obo")
    report = kb.export(tmp_path / "again.obo")
    assert report.left_out == ()
    text = (tmp_path / "again.obo").read_text(encoding="utf-8")
    assert 'comment: Text with \\{braces}. {xref="BOOK:1"}\n' in text
    assert 'xref: UMLS:C1 {source="MONDO:equivalentTo"}\n' in text
    with KnowledgeBase.open(tmp_path / "again.db", create=True) as again:
        again.load(tmp_path / "again.obo")
        query = "SELECT ?p ?note ?value { ?n owl:annotatedProperty ?p ; ?note ?value }"
        told = [
            {tuple(term.value for term in row if term.kind != "bnode") for row in rows}
            for rows in (kb.sparql(query).rows, again.sparql(query).rows)
        ]
    assert told[0] == told[1]
