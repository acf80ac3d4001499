"""Names and definitions in the vocabularies that are in use, and the licence in a header."""

import pytest

PREFIXES = """\
@prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix skosxl: <http://www.w3.org/2008/05/skos-xl#> .
@prefix dc: <http://purl.org/dc/elements/1.1/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix schema: <http://schema.org/> .
@prefix schemas: <https://schema.org/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix eli: <http://data.europa.eu/eli/ontology#> .
@prefix efo: <http://www.ebi.ac.uk/efo/> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
"""


def names_of(kb, curie):
    return [(name.text, name.kind, name.lang) for name in kb.entity(curie).names]


def test_labels_that_are_nodes_of_their_own_are_names(load_text):
    kb = load_text(
        PREFIXES + "ex:bank a skos:Concept ; skosxl:prefLabel ex:l1 , [ a skosxl:Label ; "
        'skosxl:literalForm "银行"@zh ] ; skosxl:altLabel ex:l2 ; skosxl:hiddenLabel ex:l3 . '
        'ex:l1 a skosxl:Label ; skosxl:literalForm "bank"@en ; skosxl:labelRelation ex:l2 . '
        'ex:l2 a skosxl:Label ; skosxl:literalForm " credit  institution "@en . '
        'ex:l3 a skosxl:Label ; skosxl:literalForm "bnak"@en .'
    )
    assert names_of(kb, "ex:bank") == [
        ("bank", "label", "en"),
        ("银行", "label", "zh"),
        ("credit institution", "exact", "en"),
        ("bnak", "hidden", "en"),
    ]
    # The labels are no entities, and what relates them is no edge; the triples are all there.
    assert (kb.summary().entities, kb.entity("ex:bank").edges) == (1, ())
    forms = kb.sparql("SELECT ?f { ex:bank skosxl:prefLabel/skosxl:literalForm ?f }").rows
    assert {row[0].value for row in forms} == {"bank", "银行"}


def test_a_label_in_both_ways_of_skos_is_one_name(load_text):
    kb = load_text(
        PREFIXES + 'ex:a a skos:Concept ; skos:prefLabel "a"@en ; skosxl:prefLabel '
        '[ a skosxl:Label ; skosxl:literalForm "a"@en ] .'
    )
    assert names_of(kb, "ex:a") == [("a", "label", "en")]


@pytest.mark.parametrize(
    "property_",
    ["dcterms:title", "dc:title", "schema:name", "schemas:name", "foaf:name", "eli:title"],
)
def test_what_has_no_label_is_called_by_its_title(load_text, property_):
    kb = load_text(
        PREFIXES + f'ex:a a ex:Thing ; {property_} "Emma" . ex:Thing a owl:Class . '
        f'ex:b a ex:Thing ; {property_} "Mrs B." ; rdfs:label "B" . '
        # of something that is not told what it is, a title makes no entity
        f'ex:article {property_} "On things" .'
    )
    assert kb.entity("ex:a").label == "Emma"
    assert names_of(kb, "ex:b") == [("B", "label", ""), ("Mrs B.", "exact", "")]
    assert kb.summary().entities == 3


@pytest.mark.parametrize(
    ("property_", "kind"),
    [
        ("obo:IAO_0000118", "exact"),
        ("oio:hasBroadSynonym", "broad"),
        ("efo:alternative_term", "exact"),
        ("dcterms:alternative", "exact"),
        ("schema:alternateName", "exact"),
        ("skos:altLabel", "exact"),
    ],
)
def test_a_synonym_of_any_vocabulary_is_a_name(load_text, property_, kind):
    kb = load_text(PREFIXES + f'ex:A a owl:Class ; rdfs:label "a" ; {property_} "alpha"@en .')
    assert names_of(kb, "ex:A") == [("a", "label", ""), ("alpha", kind, "en")]


@pytest.mark.parametrize(
    "property_",
    ["obo:IAO_0000115", "skos:definition", "efo:definition", "dcterms:description",
     "dc:description", "schema:description", "eli:description", "rdfs:comment"],
)  # fmt: skip
def test_a_definition_of_any_vocabulary_is_one(load_text, property_):
    kb = load_text(PREFIXES + f'ex:A a owl:Class ; {property_} "The first letter." .')
    assert kb.entity("ex:A").definition == "The first letter."


def test_a_definition_goes_before_a_description_in_whatever_language(load_text):
    kb = load_text(
        PREFIXES + 'ex:A a owl:Class ; dcterms:description "Some A."@en ; '
        'skos:definition "第一个字母。"@zh . ex:B a owl:Class ; dcterms:description "Some B." . '
        'ex:C a owl:Class ; rdfs:comment "A note." .'
    )
    found = [kb.entity(f"ex:{name}").definition for name in "ABC"]
    assert found == ["第一个字母。", "Some B.", ""]


def test_what_describes_the_ontology_itself_is_no_definition_of_the_file(load_text):
    kb = load_text(
        PREFIXES + 'ex:o a owl:Ontology , ex:Profile ; dcterms:description "All of it." ; '
        'dcterms:title "The ontology" . ex:A a owl:Class ; rdfs:comment "The first letter." .'
    )
    assert kb.entity("ex:A").definition == "The first letter."
    assert kb.summary().entities == 1


def test_the_direction_of_a_text_is_no_part_of_its_language(load_text):
    kb = load_text(PREFIXES + 'ex:A a owl:Class ; rdfs:label "ألف"@ar--rtl .')
    assert names_of(kb, "ex:A") == [("ألف", "label", "ar")]


@pytest.mark.parametrize(
    ("header", "licence", "spdx"),
    [
        (
            "dcterms:license <http://creativecommons.org/licenses/by/4.0/>",
            "http://creativecommons.org/licenses/by/4.0/",
            "CC-BY-4.0",
        ),
        # the statement that we know goes before one that we do not
        ('dc:rights "A. N. Author" ; rdfs:comment "Under CC0 1.0."', "Under CC0 1.0.", "CC0-1.0"),
        ('dc:rights "A. N. Author" ; rdfs:comment "All words."', "A. N. Author", ""),
        ('rdfs:comment "All words."', "", ""),
        ('schemas:license "MIT"', "MIT", "MIT"),
    ],
)
def test_the_licence_is_what_the_header_says_of_it(load_text, header, licence, spdx):
    kb = load_text(PREFIXES + f"ex:o a owl:Ontology ; {header} . ex:A a owl:Class .")
    (source,) = kb.summary().sources
    assert (source.licence, source.spdx) == (licence, spdx)


def test_a_remark_in_obo_may_state_the_licence(load_text):
    kb = load_text(
        "format-version: 1.2\nremark: Licensed under CC BY 3.0.\nontology: toy\n\n"
        "[Term]\nid: TOY:1\nname: one\n",
        "toy.obo",
    )
    (source,) = kb.summary().sources
    assert (source.spdx, source.redistributable) == ("CC-BY-3.0", True)


def test_what_is_described_needs_no_name(load_text):
    kb = load_text(PREFIXES + 'ex:x1 a ex:C0001 ; ex:weighs "3" . ex:x2 ex:eats ex:x1 .')
    assert (kb.summary().entities, kb.summary().names) == (1, 0)
    assert kb.entity("ex:x1").edges[0].tail == "ex:C0001"
