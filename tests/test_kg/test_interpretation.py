"""What triples mean: names, definitions, edges, axioms."""

import pytest
import rdflib

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def edges_of(kb, curie):
    return {(edge.relation, edge.tail, edge.origin) for edge in kb.entity(curie).edges}


def axioms_of(kb, kind):
    return {axiom.arguments for axiom in kb.axioms() if axiom.kind == kind}


def test_the_english_label_is_preferred_and_all_languages_are_kept(load_text):
    kb = load_text(
        PREFIXES + 'ex:Bank a owl:Class ; rdfs:label "银行"@zh, "bank"@en, "bench" ; '
        'skos:altLabel "credit institution"@en, "存款机构"@zh ; skos:hiddenLabel "bnak" ; '
        'skos:definition "存款。"@zh, "Takes deposits."@en .'
    )
    bank = kb.entity("ex:Bank")
    assert (bank.label, bank.definition) == ("bank", "Takes deposits.")
    assert [(n.text, n.kind, n.lang) for n in bank.names] == [
        ("bench", "label", ""),
        ("bank", "label", "en"),
        ("银行", "label", "zh"),
        ("credit institution", "exact", "en"),
        ("存款机构", "exact", "zh"),
        ("bnak", "hidden", ""),
    ]
    table = kb.table()
    assert set(table.synonyms[table.row("ex:Bank")]) == {
        "银行", "bench", "credit institution", "存款机构",
    }  # fmt: skip


def test_a_comment_defines_only_where_no_definition_is_used_at_all(load_text):
    kb = load_text(PREFIXES + 'ex:A a owl:Class ; rdfs:comment "First letter." .', "one.ttl")
    assert kb.entity("ex:A").definition == "First letter."
    kb = load_text(
        PREFIXES + 'ex:B a owl:Class ; rdfs:comment "A note." . '
        'ex:C a owl:Class ; skos:definition "Third letter." .',
        "two.ttl",
    )
    assert kb.entity("ex:B").definition == ""


def test_a_class_without_label_is_named_by_its_iri_and_a_code_is_not(load_text):
    kb = load_text(
        PREFIXES
        + "ex:LegalDocument a owl:Class . ex:HTTPServer_log a owl:Class . ex:X0012 a owl:Class ."
    )
    assert kb.entity("ex:LegalDocument").label == "Legal Document"
    assert kb.entity("ex:HTTPServer_log").label == "HTTP Server log"
    assert (kb.entity("ex:X0012").label, kb.entity("ex:X0012").names) == ("ex:X0012", ())


def test_skos_broader_is_is_a_in_the_graph_in_both_directions_of_saying_it(load_text):
    kb = load_text(
        PREFIXES + 'ex:a a skos:Concept ; skos:prefLabel "a" ; skos:broader ex:b . '
        'ex:b a skos:Concept ; skos:prefLabel "b" . '
        'ex:c a skos:Concept ; skos:prefLabel "c" ; skos:narrower ex:b .'
    )
    table, graph = kb.table(), kb.graph()
    a, b, c = (table.row(f"ex:{x}") for x in "abc")
    assert graph.relations == ("rdfs:subClassOf",)
    assert graph.ancestors(a).tolist() == sorted([b, c])
    assert kb.entity("ex:a").parents == ("ex:b",)
    assert edges_of(kb, "ex:a") == {("skos:broader", "ex:b", "asserted")}
    assert table.kinds[a] == "concept"


def test_restrictions_and_intersections_become_edges(load_text):
    kb = load_text(
        PREFIXES + "ex:eats a owl:ObjectProperty . ex:A a owl:Class . ex:C a owl:Class . "
        "ex:B a owl:Class ; rdfs:subClassOf "
        "[ a owl:Restriction ; owl:onProperty ex:eats ; owl:someValuesFrom ex:A ] , "
        "[ a owl:Restriction ; owl:onProperty ex:eats ; owl:allValuesFrom ex:C ] ; "
        "owl:equivalentClass [ owl:intersectionOf ( ex:C "
        "[ owl:onProperty ex:eats ; owl:someValuesFrom ex:C ] ) ] ."
    )
    assert edges_of(kb, "ex:B") == {
        ("ex:eats", "ex:A", "restriction"),
        ("ex:eats", "ex:C", "restriction"),
        ("rdfs:subClassOf", "ex:C", "asserted"),
    }
    assert axioms_of(kb, "some") == {("ex:B", "ex:eats", "ex:A"), ("ex:B", "ex:eats", "ex:C")}


RESTRICTIONS = PREFIXES + (
    "ex:eats a owl:ObjectProperty . ex:A a owl:Class . ex:B a owl:Class . ex:C a owl:Class . "
    "ex:i a ex:A . "
)


def restricted(filler):
    return f"[ a owl:Restriction ; owl:onProperty ex:eats ; {filler} ]"


@pytest.mark.parametrize(
    ("filler", "tails"),
    [
        ("owl:someValuesFrom ex:A", ["ex:A"]),
        ("owl:hasValue ex:i", ["ex:i"]),
        ('owl:hasValue "text"', []),
        ("owl:allValuesFrom ex:A", []),
        ("owl:someValuesFrom owl:Thing", []),
        ("owl:someValuesFrom [ owl:intersectionOf ( ex:A [ owl:complementOf ex:B ] ) ]", ["ex:A"]),
        ("owl:someValuesFrom [ owl:unionOf ( ex:A ex:B ) ]", []),
        ("owl:someValuesFrom [ owl:onProperty ex:eats ; owl:someValuesFrom ex:A ]", []),
        ("owl:minQualifiedCardinality 1 ; owl:onClass ex:A", ["ex:A"]),
        ('owl:minQualifiedCardinality "+02"^^xsd:integer ; owl:onClass ex:A', ["ex:A"]),
        ("owl:minQualifiedCardinality 0 ; owl:onClass ex:A", []),
        ('owl:minQualifiedCardinality "many" ; owl:onClass ex:A', []),
        ("owl:qualifiedCardinality 1 ; owl:onClass ex:A", ["ex:A"]),
        ("owl:qualifiedCardinality 0 ; owl:onClass ex:A", []),
        ("owl:maxQualifiedCardinality 1 ; owl:onClass ex:A", []),
        ("owl:qualifiedCardinality 1 ; owl:onDataRange xsd:string", []),
        ("owl:minCardinality 1", []),
        ("owl:hasSelf true", []),
    ],
)
@pytest.mark.parametrize("said", ["rdfs:subClassOf", "owl:equivalentClass"])
def test_a_restriction_gives_an_edge_where_each_member_has_one(load_text, filler, tails, said):
    kb = load_text(RESTRICTIONS + f"ex:C {said} {restricted(filler)} .")
    assert edges_of(kb, "ex:C") == {("ex:eats", tail, "restriction") for tail in tails}


def test_intersections_are_flattened_at_any_depth(load_text):
    some_a = restricted("owl:someValuesFrom ex:A")
    kb = load_text(
        RESTRICTIONS
        + f"ex:C owl:equivalentClass [ owl:intersectionOf ( ex:B [ owl:intersectionOf ( {some_a} "
        "[ owl:unionOf ( ex:A ex:B ) ] ) ] ) ] . "
        # OWL 1's way of saying it of the class itself
        f"ex:D a owl:Class ; owl:intersectionOf ( ex:B {some_a} ) ."
    )
    expected = {("rdfs:subClassOf", "ex:B", "asserted"), ("ex:eats", "ex:A", "restriction")}
    assert edges_of(kb, "ex:C") == edges_of(kb, "ex:D") == expected


def test_an_intersection_that_holds_itself_ends(load_text):
    kb = load_text(
        RESTRICTIONS + "ex:C owl:equivalentClass _:x . _:x owl:intersectionOf ( ex:B _:x ) ."
    )
    assert edges_of(kb, "ex:C") == {("rdfs:subClassOf", "ex:B", "asserted")}


def test_an_inverse_in_a_restriction_gives_no_edge(load_text):
    kb = load_text(
        RESTRICTIONS + "ex:C rdfs:subClassOf [ a owl:Restriction ; "
        "owl:onProperty [ owl:inverseOf ex:eats ] ; owl:someValuesFrom ex:A ] ."
    )
    assert edges_of(kb, "ex:C") == set()


def test_the_parts_of_a_disjoint_union_are_below_it_and_disjoint(load_text):
    kb = load_text(
        RESTRICTIONS + "ex:C owl:disjointUnionOf ( ex:A ex:B ) . "
        "ex:D a owl:Class ; owl:unionOf ( ex:A ex:B ) ."
    )
    assert edges_of(kb, "ex:A") == {("rdfs:subClassOf", "ex:C", "asserted")}
    assert axioms_of(kb, "disjoint") == {("ex:A", "ex:B")}
    assert axioms_of(kb, "subclass") == {("ex:A", "ex:C"), ("ex:B", "ex:C")}


def test_the_type_of_an_individual_may_be_an_expression(load_text):
    kb = load_text(
        RESTRICTIONS
        + "ex:j a owl:NamedIndividual , [ owl:intersectionOf ( ex:A "
        + restricted("owl:hasValue ex:i")
        + " ) ] ."
    )
    assert edges_of(kb, "ex:j") == {
        ("rdf:type", "ex:A", "asserted"),
        ("ex:eats", "ex:i", "restriction"),
    }


def test_individuals_have_a_type_and_relations(load_text):
    kb = load_text(
        PREFIXES + "ex:Bank a owl:Class . ex:owns a owl:ObjectProperty . "
        "ex:seeAlso a owl:AnnotationProperty . "
        'ex:a a ex:Bank ; rdfs:label "A Bank" ; ex:owns ex:b ; ex:seeAlso ex:b . '
        'ex:b a ex:Bank ; rdfs:label "B Bank" .'
    )
    assert kb.entity("ex:a").kind == "individual"
    assert edges_of(kb, "ex:a") == {
        ("rdf:type", "ex:Bank", "asserted"),
        ("ex:owns", "ex:b", "asserted"),
    }


def test_axioms_of_every_kind_are_read(load_text):
    kb = load_text(
        PREFIXES
        + "ex:A a owl:Class ; owl:disjointWith ex:B . ex:B a owl:Class ; rdfs:subClassOf ex:C . "
        "ex:C a owl:Class ; owl:equivalentClass ex:D . ex:D a owl:Class . "
        "[] a owl:AllDisjointClasses ; owl:members ( ex:A ex:B ex:C ) . "
        "ex:p a owl:ObjectProperty , owl:TransitiveProperty , owl:SymmetricProperty ; "
        "rdfs:domain ex:A ; rdfs:range ex:B ; owl:inverseOf ex:q ; rdfs:subPropertyOf ex:r ; "
        "owl:propertyChainAxiom ( ex:q ex:r ) . "
        "ex:q a owl:ObjectProperty , owl:FunctionalProperty , owl:InverseFunctionalProperty , "
        "owl:AsymmetricProperty . ex:r a owl:ObjectProperty ."
    )
    found = {kind: axioms_of(kb, kind) for kind in {axiom.kind for axiom in kb.axioms()}}
    assert found == {
        "disjoint": {("ex:A", "ex:B"), ("ex:A", "ex:C"), ("ex:B", "ex:C")},
        "subclass": {("ex:B", "ex:C")},
        "equivalent": {("ex:C", "ex:D")},
        "domain": {("ex:p", "ex:A")},
        "range": {("ex:p", "ex:B")},
        "inverse": {("ex:p", "ex:q")},
        "subproperty": {("ex:p", "ex:r")},
        "chain": {("ex:q", "ex:r", "ex:p")},
        "transitive": {("ex:p",)},
        "symmetric": {("ex:p",)},
        "functional": {("ex:q",)},
        "inverse_functional": {("ex:q",)},
        "asymmetric": {("ex:q",)},
    }
    assert kb.summary().axioms == len(kb.axioms()) == 15


def test_what_restrictions_and_expressions_say_of_a_class_are_axioms(load_text):
    restriction = "[ a owl:Restriction ; owl:onProperty ex:p ; "
    kb = load_text(
        PREFIXES + "ex:p a owl:ObjectProperty, owl:IrreflexiveProperty ;"
        " owl:propertyDisjointWith ex:q . ex:q a owl:ObjectProperty, owl:ReflexiveProperty ."
        " ex:r a owl:ObjectProperty ."
        " [] a owl:AllDisjointProperties ; owl:members ( ex:p ex:q ex:r ) ."
        " ex:A a owl:Class ; owl:hasKey ( ex:p ex:q ) ; rdfs:subClassOf"
        f" {restriction} owl:allValuesFrom ex:B ] , {restriction} owl:maxCardinality 2 ] ,"
        f" {restriction} owl:qualifiedCardinality 01 ; owl:onClass ex:B ] ,"
        f" {restriction} owl:minQualifiedCardinality 1 ; owl:onClass [ owl:unionOf ( ex:B ) ] ] ."
        " ex:B a owl:Class ; owl:equivalentClass [ owl:complementOf ex:A ] ."
        " ex:C a owl:Class ; owl:equivalentClass [ owl:unionOf ( ex:A ex:B ) ] ."
        " ex:D a owl:Class ; owl:disjointUnionOf ( ex:A ex:C ) ."
    )
    kinds = ["only", "max", "min", "union", "complement", "key", "disjoint", "disjoint_properties"]
    assert {kind: axioms_of(kb, kind) for kind in [*kinds, "reflexive", "irreflexive"]} == {
        "only": {("ex:A", "ex:p", "ex:B")},
        "max": {("ex:A", "ex:p", "2"), ("ex:A", "ex:p", "1", "ex:B")},
        "min": {("ex:A", "ex:p", "1", "ex:B")},
        "union": {("ex:C", "ex:A", "ex:B"), ("ex:D", "ex:A", "ex:C")},
        "complement": {("ex:A", "ex:B")},
        "key": {("ex:A", "ex:p", "ex:q")},
        "disjoint": {("ex:A", "ex:C")},
        "disjoint_properties": {("ex:p", "ex:q"), ("ex:p", "ex:r"), ("ex:q", "ex:r")},
        "reflexive": {("ex:q",)},
        "irreflexive": {("ex:p",)},
    }


def test_the_is_a_edges_are_those_that_rdflib_sees(load_text, zoo_ttl):
    kb = load_text(zoo_ttl.read_text())
    oracle = rdflib.Graph().parse(zoo_ttl)
    expected = {
        (str(child), str(parent))
        for child, parent in oracle.subject_objects(rdflib.RDFS.subClassOf)
        if isinstance(parent, rdflib.URIRef)
    }
    # The logical definition of kitten says one more.
    obo = "http://purl.obolibrary.org/obo/ZOO_"
    expected.add((f"{obo}0004", f"{obo}0002"))
    table, graph = kb.table(), kb.graph()
    kept = graph.relation == 0
    found = zip(graph.head[kept].tolist(), graph.tail[kept].tolist(), strict=True)
    assert {(table.iris[h], table.iris[t]) for h, t in found} == expected
    assert kb.summary().triples == len(oracle)


def test_a_literal_keeps_its_lexical_form(load_text, tmp_path):
    kb = load_text(
        PREFIXES + 'ex:A a owl:Class ; ex:code "007"^^xsd:integer ; ex:price "1.50"^^xsd:decimal .'
    )
    from sqlalchemy import select

    from kg.store.schema import term

    with kb._database.reading() as connection:
        values = set(connection.execute(select(term.c.value).where(term.c.kind == 2)).scalars())
    assert values == {"007", "1.50"}


@pytest.mark.parametrize(
    ("iri", "curie"),
    [
        ("http://purl.obolibrary.org/obo/HP_0000118", "HP:0000118"),
        ("http://purl.obolibrary.org/obo/APOLLO_SV_00000001", "APOLLO_SV:00000001"),
        ("http://www.w3.org/2004/02/skos/core#broader", "skos:broader"),
        ("http://example.org/Cat", "ex:Cat"),
        ("http://example.org/a/b", "http://example.org/a/b"),
        ("http://example.org/id-42", "id:42"),
        ("urn:isbn:1", "urn:isbn:1"),
    ],
)
def test_an_iri_is_shortened_by_the_known_prefixes(iri, curie):
    from kg.curies import Curies

    shortener = Curies({"ex": "http://example.org/", "id": "http://example.org/id-"})
    assert shortener.of(iri) == curie
