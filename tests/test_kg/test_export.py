"""What is written to formats that hold less than RDF, read again; licences; what is refused."""

import gzip
import json
from pathlib import Path
from typing import NamedTuple

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import ExportError, KnowledgeBase, LeftOut

OBO = "http://purl.obolibrary.org/obo/"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
OIO = "http://www.geneontology.org/formats/oboInOwl#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
LICENCE = "http://purl.org/dc/terms/license"


class Told(NamedTuple):
    """What a knowledge base tells of its entities, all by IRI."""

    names: set[tuple[str, str, str, str]]
    definitions: dict[str, str]
    edges: set[tuple[str, str, str]]
    deprecated: set[str]


def told_by(place: Path) -> Told:
    with KnowledgeBase.open(place) as kb:
        told = [kb.entity(iri) for iri in kb.table().iris]
    entities = [entity for entity in told if entity.iri != PART]
    iris = {entity.curie: entity.iri for entity in entities}
    return Told(
        {(e.iri, n.text, n.kind, n.lang) for e in entities for n in e.names},
        {e.iri: e.definition for e in entities if e.definition},
        {
            (e.iri, edge.relation, iris.get(edge.tail, edge.tail))
            for e in entities
            for edge in e.edges
        },
        {e.iri for e in entities if e.deprecated},
    )


def told_again(place: Path, name: str, file_format: str | None = None) -> Told:
    """What is told after an export; `name` is that of the file to load."""
    with KnowledgeBase.open(place) as kb:
        kb.export(place.parent / name.replace(".toml", ".csv"), format=file_format)
    again = place.with_name("again.db")
    with KnowledgeBase.open(again, create=True) as kb:
        kb.load(place.parent / name, data=True)
    return told_by(again)


# -- a random ontology ----------------------------------------------------------------------------

CLASSES = [f"{OBO}T_000000{n}" for n in range(2)] + [f"http://e.org/x/{n}" for n in range(2)]
PART = "http://e.org/x/part"
SYNONYMS = ["Exact", "Narrow", "Broad", "Related"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10).map(
    lambda text: " ".join(text.split())
)


def node(iri):
    return ox.NamedNode(iri)


def literal(text, lang):
    return ox.Literal(text, language=lang) if lang else ox.Literal(text)


@st.composite
def ontologies(draw, langs=("", "en", "zh")):
    """Quads of classes with names, definitions, parents and restrictions."""
    texts = TEXTS.filter(bool)
    found = [
        (node(PART), TYPE, node(OWL + "ObjectProperty")),
        *((node(iri), TYPE, node(OWL + "Class")) for iri in CLASSES),
        *((node(iri), node(RDFS + "label"), literal("class", "")) for iri in CLASSES),
    ]
    for iri in CLASSES:
        for lang in draw(st.sets(st.sampled_from(langs), max_size=2)):
            found.append((node(iri), node(RDFS + "label"), literal(draw(texts), lang)))
        for kind in draw(st.lists(st.sampled_from(SYNONYMS), max_size=3)):
            lang = draw(st.sampled_from(langs))
            text = literal(draw(texts), lang)
            found.append((node(iri), node(f"{OIO}has{kind}Synonym"), text))
        if draw(st.booleans()):
            text = literal(draw(texts), draw(st.sampled_from(langs)))
            found.append((node(iri), node(OBO + "IAO_0000115"), text))
        if draw(st.booleans()):
            parent = draw(st.sampled_from(CLASSES))
            found.append((node(iri), node(RDFS + "subClassOf"), node(parent)))
        if draw(st.booleans()):
            found += restriction(node(iri), draw(st.sampled_from(CLASSES)), len(found))
        if draw(st.booleans()):
            true = ox.Literal("true", datatype=node("http://www.w3.org/2001/XMLSchema#boolean"))
            found.append((node(iri), node(OWL + "deprecated"), true))
    return [ox.Quad(*triple) for triple in found]


def restriction(head, filler, number):
    blank = ox.BlankNode(f"r{number}")
    return [
        (head, node(RDFS + "subClassOf"), blank),
        (blank, TYPE, node(OWL + "Restriction")),
        (blank, node(OWL + "onProperty"), node(PART)),
        (blank, node(OWL + "someValuesFrom"), node(filler)),
    ]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Makes a knowledge base of quads, and gives its place."""

    def load(found) -> Path:
        folder = tmp_path_factory.mktemp("kb")
        (folder / "in.nq").write_bytes(ox.serialize(found, format=ox.RdfFormat.N_QUADS))
        with KnowledgeBase.open(folder / "kb.db", create=True) as kb:
            kb.load(folder / "in.nq")
        return folder / "kb.db"

    return load


EXAMPLES = settings(max_examples=12, deadline=None)


@EXAMPLES
@given(found=ontologies())
def test_a_table_holds_names_definitions_edges_and_what_is_deprecated(loaded, found):
    kb = loaded(found)
    assert told_again(kb, "out.toml") == told_by(kb)


@EXAMPLES
@given(found=ontologies(langs=("",)))
def test_obo_holds_all_of_it_when_nothing_has_a_language(loaded, found):
    kb = loaded(found)
    assert told_again(kb, "out.obo") == told_by(kb)


@EXAMPLES
@given(found=ontologies())
def test_obo_loses_languages_alone(loaded, found):
    kb = loaded(found)
    first, again = told_by(kb), told_again(kb, "out.obo")
    assert {name[:2] for name in again.names} == {name[:2] for name in first.names}
    assert again[1:] == first[1:]


@EXAMPLES
@given(found=ontologies())
def test_babelon_holds_every_name_and_definition_that_has_a_language(loaded, found):
    kb = loaded(found)
    wanted = {name for name in told_by(kb).names if name[3]}
    if wanted:
        again = told_again(kb, "out.tsv", "babelon")
        assert {name for name in again.names if name[3]} == wanted


@EXAMPLES
@given(found=ontologies())
def test_triples_hold_every_edge(loaded, found):
    kb = loaded(found)
    edges = {edge for edge in told_by(kb).edges if edge[0] != edge[2]}
    if edges:
        assert told_again(kb, "out.txt", "triples").edges == edges


@EXAMPLES
@given(found=ontologies())
def test_a_name_dictionary_holds_labels_and_exact_synonyms(loaded, found):
    kb = loaded(found)
    kept = {n[:2] for n in told_by(kb).names if n[2] in ("label", "exact") and "|" not in n[1]}
    if kept:
        again = told_again(kb, "out.txt", "names")
        assert {name[:2] for name in again.names} == kept


# -- OBO, and the files themselves --------------------------------------------------------------


def test_an_obo_file_comes_back_clause_by_clause(zoo, tmp_path):
    report = zoo.export(tmp_path / "again.obo")
    assert report.left_out == ()
    text = (tmp_path / "again.obo").read_text(encoding="utf-8")
    assert text.startswith("format-version: 1.4\nontology: zoo\ndata-version: 2026-01-02\n")
    for clause in (
        'synonymtypedef: layperson "layperson term"',
        'def: "A living being that eats." [BOOK:1]',
        'synonym: "house cat" EXACT layperson [BOOK:2]',
        "relationship: eats ZOO:0003",
        "intersection_of: has_age ZOO:0005",
        "is_obsolete: true",
        "is_asymmetric: true",
    ):
        assert f"\n{clause}\n" in text


def test_what_obo_has_no_clause_for_is_counted(load_text, tmp_path):
    kb = load_text(
        "@prefix e: <http://e.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        'e:a a owl:Class ; rdfs:label "Tier"@de ; e:price "007"^^e:code ;\n'
        "  rdfs:subClassOf [ owl:complementOf e:b ] .\n"
    )
    report = kb.export(tmp_path / "a.obo")
    # the triple with the complement, and the one in it
    assert report.left_out == (LeftOut("languages of texts", 1), LeftOut("triples", 2))
    assert 'property_value: e:price "007" e:code' in (tmp_path / "a.obo").read_text("utf-8")


def test_a_table_stands_beside_its_column_map(zoo, tmp_path):
    report = zoo.export(tmp_path / "zoo.tsv.gz")
    assert (report.format, report.written, report.unit) == ("table", 6, "entities")
    with gzip.open(tmp_path / "zoo.tsv.gz", "rt", encoding="utf-8") as stream:
        rows = [line.rstrip("\n").split("\t") for line in stream]
    columns = dict(zip(rows[0], rows[2], strict=True))
    assert columns["id"] == "ZOO:0002"
    assert (columns["label"], columns["exact"], columns["parent"]) == (
        "cat",
        "house cat",
        "ZOO:0001",
    )
    assert 'table = "zoo.tsv.gz"' in (tmp_path / "zoo.toml").read_text(encoding="utf-8")


def test_rules_come_back_with_their_strength(load_text, tmp_path):
    rules = "0.5 :: e:a(x, y) :- e:b(x, y).\nhard :: e:c(x) :- e:d(x).\n"
    kb = load_text(rules, "bank.rules")
    assert kb.export(tmp_path / "again.rules").written == 2
    assert (tmp_path / "again.rules").read_text("utf-8") == f"# file:///bank.rules\n{rules}"
    with pytest.raises(ExportError, match="hold no triples"):
        kb.export(tmp_path / "again.ttl")
    assert not (tmp_path / "again.ttl").exists()


def test_some_sources_are_written_without_the_others(zoo, zoo_ttl, tmp_path):
    zoo_ttl.write_text(zoo_ttl.read_text().replace("obo:zoo.owl a owl", "obo:two.owl a owl"))
    zoo.load(zoo_ttl)
    both = zoo.export(tmp_path / "both.nt")
    first = zoo.export(tmp_path / "one.nt", sources=["http://purl.obolibrary.org/obo/zoo.owl"])
    assert first.sources == ("http://purl.obolibrary.org/obo/zoo.owl",)
    assert first.written < both.written
    assert "two.owl" not in (tmp_path / "one.nt").read_text(encoding="utf-8")
    with pytest.raises(ExportError, match="no source obo/zoo"):
        zoo.export(tmp_path / "none.nt", sources=["obo/zoo"])


def test_equal_content_gives_equal_bytes(zoo, tmp_path):
    for name in ("a.trig.zip", "a.jsonld.gz", "a.obo.xz", "a.rdf.bz2", "a.nq.zst"):
        zoo.export(tmp_path / name)
        first = (tmp_path / name).read_bytes()
        zoo.export(tmp_path / name)
        assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst", ".zip"])
def test_a_compressed_export_is_loaded_again(zoo, tmp_path, suffix):
    written = zoo.export(tmp_path / f"zoo.ttl{suffix}").written
    with KnowledgeBase.open(tmp_path / "again.db", create=True) as again:
        (report,) = again.load(tmp_path / f"zoo.ttl{suffix}")
    assert (report.source.format, report.source.triples) == ("turtle", written)


MAPPINGS = """\
#curie_map:
#  A: http://a.org/
#  B: http://b.org/
#mapping_set_id: http://a.org/to-b
#license: https://creativecommons.org/licenses/by/4.0/
subject_id\tsubject_label\tpredicate_id\tpredicate_modifier\tobject_id\tobject_label\t\
mapping_justification\tconfidence
A:1\tapple\tskos:exactMatch\t\tB:1\tPomme\tsemapv:ManualMappingCuration\t0.95
A:2\t\tskos:broadMatch\tNot\tB:2\t\tsemapv:LexicalMatching\t
"""


def test_mappings_come_back_with_what_is_known_of_them(load_text, tmp_path):
    kb = load_text(MAPPINGS, "ab.sssom.tsv")
    report = kb.export(tmp_path / "again.sssom.tsv")
    assert (report.format, report.written, report.unit) == ("sssom", 2, "mappings")
    assert (report.licence, report.left_out) == ("CC-BY-4.0", ())
    with KnowledgeBase.open(tmp_path / "again.db", create=True) as again:
        (loaded,) = again.load(tmp_path / "again.sssom.tsv")
        assert loaded.warnings == ()
        assert (loaded.source.iri, loaded.source.spdx) == ("http://a.org/to-b", "CC-BY-4.0")
        assert again.mappings() == kb.mappings()


def test_cross_references_are_mappings_too(load_text, tmp_path):
    kb = load_text(
        "format-version: 1.2\n\n[Term]\nid: A:1\nname: one\nxref: B:2\nxref: see page 3\n",
        "a.obo",
    )
    report = kb.export(tmp_path / "a.sssom.tsv")
    lines = (tmp_path / "a.sssom.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0:5:2] for line in lines if line.startswith("A:")] == [
        ["A:1", "oboInOwl:hasDbXref", "B:2"]
    ]
    assert LeftOut("cross-references that are no identifier", 1) in report.left_out


PEOPLE = {
    "people.csv": "id:ID(P),name,synonyms:string[],age:long,:LABEL\n"
    "k,Keanu,Neo;One,59,Actor;Man\nt,,,,\n",
    "knows.csv": ":START_ID(P),since:date,:END_ID(P),:TYPE\nk,1999-03-31,t,KNOWS\nt,,k,KNOWS\n",
}


def test_a_property_graph_comes_back_as_it_was(empty_kb, tmp_path):
    (tmp_path / "graph").mkdir()
    for name, text in PEOPLE.items():
        (tmp_path / "graph" / name).write_text(text, encoding="utf-8")
    empty_kb.load(tmp_path / "graph")
    report = empty_kb.export(tmp_path / "again", format="neo4j")
    assert (report.written, report.unit) == (2, "entities")
    with KnowledgeBase.open(tmp_path / "again.db", create=True) as again:
        assert again.load(tmp_path / "again")[0].warnings == ()
        written = [kb.export(tmp_path / "out.nt") and (tmp_path / "out.nt").read_text("utf-8")
                   for kb in (empty_kb, again)]  # fmt: skip
    assert "1999-03-31" in written[0]
    assert set(written[1].splitlines()) == set(written[0].splitlines())


def test_classes_become_nodes_with_that_label(zoo, tmp_path):
    zoo.export(tmp_path / "graph", format="neo4j")
    zoo.export(tmp_path / "graph", format="neo4j")  # in the place of the first
    nodes = (tmp_path / "graph" / "nodes.csv").read_text(encoding="utf-8").splitlines()
    assert nodes[0].startswith(":ID,name,synonyms:string[],definition,:LABEL")
    assert nodes[2].startswith("ZOO:0002,cat,house cat,An animal that purrs.,Class")
    edges = (tmp_path / "graph" / "relationships.csv").read_text(encoding="utf-8").splitlines()
    assert "ZOO:0002,ZOO:0001,rdfs:subClassOf" in edges
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ExportError, match="Something else stands here"):
        zoo.export(tmp_path / "mine", format="neo4j")
    with pytest.raises(ExportError, match="not compressed"):
        zoo.export(tmp_path / "graph.zip", format="neo4j")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_a_state_of_the_past_is_written_as_well(zoo, zoo_obo, tmp_path):
    zoo_obo.write_text(zoo_obo.read_text().replace("name: cat", "name: tomcat"))
    first = zoo.releases()[0].number
    zoo.load(zoo_obo)
    with KnowledgeBase.open(zoo.location, at=first) as past:
        past.export(tmp_path / "past.obo")
    assert "\nname: cat\n" in (tmp_path / "past.obo").read_text(encoding="utf-8")


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.txt", {}, "does not say its format"),
        ("a.ttl", {"format": "turtel"}, "Did you mean turtle"),
        ("a.nt", {"sources": ["urn:none"]}, "There is no source urn:none"),
    ],
)
def test_what_cannot_be_written_is_told_with_its_mend(zoo, tmp_path, name, options, said):
    with pytest.raises(ExportError, match=said):
        zoo.export(tmp_path / name, **options)
    assert not (tmp_path / name).exists()


def test_no_file_of_another_kind_is_written_over(zoo, tmp_path):
    with pytest.raises(ExportError, match="the knowledge base itself"):
        zoo.export(zoo.location, format="turtle")
    (tmp_path / "zoo.toml").write_text('kb = "zoo.sqlite"')
    with pytest.raises(ExportError, match="not the column map of an older export"):
        zoo.export(tmp_path / "zoo.csv")
    assert not (tmp_path / "zoo.csv").exists()
    assert zoo.search("cat")


def test_named_graphs_need_a_format_that_has_them_or_are_merged(load_text, tmp_path):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    kb = load_text(
        f'<urn:x:a> {label} "a" <urn:x:g> .\n<urn:x:a> {label} "a" .\n'
        "<urn:x:a> a <http://www.w3.org/2002/07/owl#Class> .\n".replace(
            " a <", " <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <"
        ),
        "g.nq",
    )
    with pytest.raises(ExportError, match="1 named graphs, such as urn:x:g"):
        kb.export(tmp_path / "a.ttl")
    assert kb.export(tmp_path / "a.ttl", merge_graphs=True).written == 2
    assert kb.export(tmp_path / "a.trig").written == 3


@pytest.mark.parametrize(
    ("predicate", "text", "said"),
    [
        (
            "http://e.org/p/1",
            "x",
            "No XML element can be named after the predicate http://e.org/p/1",
        ),
        ("http://e.org/p", r"\u0001", r"XML cannot hold the character U\+0001"),
    ],
)
def test_rdf_xml_says_what_it_cannot_hold(load_text, tmp_path, predicate, text, said):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    kb = load_text(f'<urn:x:a> {label} "a" ; <{predicate}> "{text}" .')
    with pytest.raises(ExportError, match=said):
        kb.export(tmp_path / "a.owl")
    assert not (tmp_path / "a.owl").exists()


# -- licences --------------------------------------------------------------------------------------


def licensed(load_text, licence, name="a.ttl"):
    return load_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        f'<http://e.org/{name}> a owl:Ontology ; <{LICENCE}> "{licence}" .\n'
        f'<http://e.org/{name}#a> a owl:Class ; <{RDFS}label> "a" .\n',
        name,
    )


def test_the_licences_of_the_sources_stand_beside_the_export(load_text, tmp_path):
    licensed(load_text, "CC-BY-4.0")
    kb = licensed(load_text, "CC0-1.0", "b.ttl")
    report = kb.export(tmp_path / "out.ttl")
    assert (report.licence, report.warnings) == ("CC-BY-4.0 AND CC0-1.0", ())
    page = json.loads((tmp_path / "out.ttl.licence.json").read_text(encoding="utf-8"))
    assert page["licence"] == "CC-BY-4.0 AND CC0-1.0"
    assert [(s["iri"], s["spdx"], s["redistributable"]) for s in page["sources"]] == [
        ("http://e.org/a.ttl", "CC-BY-4.0", True),
        ("http://e.org/b.ttl", "CC0-1.0", True),
    ]


@pytest.mark.parametrize(
    ("source", "stated", "said"),
    [
        ("CC-BY-SA-4.0", "CC0-1.0", "another licence than the share-alike one"),
        ("CC-BY-SA-4.0", "CC-BY-4.0", "another licence than the share-alike one"),
        ("CC-BY-ND-4.0", "CC-BY-4.0", "allows changed versions"),
        ("CC-BY-NC-4.0", "CC-BY-4.0", "allows commercial use"),
        ("CC-BY-4.0", "CC0-1.0", "gives up conditions"),
        ("https://uts.nlm.nih.gov/license", None, "may not be handed on"),
    ],
)
def test_a_licence_looser_than_a_sources_is_refused_unless_answered_for(
    load_text, tmp_path, source, stated, said
):
    kb = licensed(load_text, source)
    with pytest.raises(ExportError, match=said) as refused:
        kb.export(tmp_path / "out.ttl", licence=stated)
    assert "--accept-licences" in refused.value.mend
    assert not list(tmp_path.glob("out.ttl*"))
    report = kb.export(tmp_path / "out.ttl", licence=stated, accept_licences=True)
    assert said in report.warnings[0]


@pytest.mark.parametrize(
    ("source", "stated"),
    [("CC0-1.0", "CC-BY-4.0"), ("CC-BY-4.0", "CC-BY-SA-4.0"), ("CC-BY-SA-4.0", "CC-BY-SA-4.0")],
)
def test_a_stricter_licence_may_be_stated(load_text, tmp_path, source, stated):
    report = licensed(load_text, source).export(tmp_path / "out.ttl", licence=stated)
    assert (report.licence, report.warnings) == (stated, ())


def test_a_licence_that_nobody_knows_is_a_warning(load_text, tmp_path):
    report = licensed(load_text, "ask me").export(tmp_path / "out.ttl")
    assert report.licence == "NOASSERTION"
    assert "'ask me' is not known" in report.warnings[0]
