"""Property graphs in the CSV of https://neo4j.com/docs/operations-manual/current/import/."""

import gzip

import pytest

from kg import FileFaultError

MOVIES = """\
movieId:ID(Movie),title,year:int,rating:float,:LABEL
tt1,"The Matrix, part 1",1999,8.7,Movie
tt2,黑客帝国2,2003,,Movie;Sequel
"""
ACTORS = """\
personId:ID(Person),name,alias:string[],description,active:boolean,secret:IGNORE,:LABEL
keanu,Keanu Reeves,Neo;The One,An actor.,TRUE,x,Actor
"""
ROLES = """\
:START_ID(Person),role,:END_ID(Movie),:TYPE
keanu,Neo,tt1,ACTED_IN
keanu,,tt2,ACTED_IN
"""


@pytest.fixture
def movies(tmp_path):
    folder = tmp_path / "movies"
    folder.mkdir()
    (folder / "actors.csv").write_text(ACTORS, encoding="utf-8")
    (folder / "movies.csv").write_text(MOVIES, encoding="utf-8")
    (folder / "roles.csv").write_text(ROLES, encoding="utf-8")
    (folder / "notes.csv").write_text("a,b\n1,2\n")
    return folder


def told(kb, curie):
    entity = kb.entity(curie)
    names = [(name.text, name.kind) for name in entity.names]
    return names, {(edge.relation, edge.tail) for edge in entity.edges}


def test_a_folder_of_nodes_and_relationships_is_one_source(empty_kb, movies):
    (report,) = empty_kb.load(movies)
    assert report.warnings == ()
    assert (report.source.iri, report.source.format, report.source.path) == (
        "file:///movies", "neo4j", str(movies),
    )  # fmt: skip
    # 3 nodes and the classes Movie, Sequel and Actor
    assert report.entities == 6
    assert told(empty_kb, "Person:keanu") == (
        [("Keanu Reeves", "label"), ("Neo", "exact"), ("The One", "exact")],
        {
            ("rdf:type", "label:Actor"),
            ("id:ACTED_IN", "Movie:tt1"),
            ("id:ACTED_IN", "Movie:tt2"),
        },
    )
    assert told(empty_kb, "Movie:tt2") == (
        [("黑客帝国2", "label")],
        {("rdf:type", "label:Movie"), ("rdf:type", "label:Sequel")},
    )
    assert empty_kb.entity("Movie:tt1").label == "The Matrix, part 1"
    assert empty_kb.entity("Person:keanu").definition == "An actor."
    assert empty_kb.entity("Person:keanu").iri == "urn:x-id:Person:keanu"
    assert empty_kb.entity("label:Actor").kind == "class"
    assert empty_kb.entity("id:ACTED_IN").label == "ACTED IN"


def test_properties_are_typed_literals_of_nodes_and_of_relationships(empty_kb, movies):
    empty_kb.load(movies)
    rows = empty_kb.sparql(
        "SELECT ?y ?r ?role { Movie:tt1 id:year ?y ; id:rating ?r . "
        "?a owl:annotatedSource Person:keanu ; owl:annotatedProperty id:ACTED_IN ; "
        "owl:annotatedTarget Movie:tt1 ; id:role ?role }"
    ).rows
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert [(term.value, term.datatype) for term in rows[0]] == [
        ("1999", xsd + "integer"), ("8.7", xsd + "double"), ("Neo", ""),
    ]  # fmt: skip
    assert empty_kb.sparql("ASK { Person:keanu id:active true }").truth
    assert not empty_kb.sparql("ASK { ?s ?p 'x' }").truth


def test_the_files_may_be_named_in_any_order(empty_kb, movies):
    (report,) = empty_kb.load(*(movies / f"{name}.csv" for name in ("roles", "movies", "actors")))
    assert (report.source.iri, report.unchanged) == ("file:///movies", False)
    assert all(report.unchanged for report in empty_kb.load(movies))


def test_a_newer_folder_replaces_the_older_one(empty_kb, movies):
    empty_kb.load(movies)
    (movies / "roles.csv").write_text(ROLES.replace("keanu,,tt2", "keanu,Neo,tt2"))
    (report,) = empty_kb.load(movies)
    assert not report.unchanged
    assert len(empty_kb.summary().sources) == 1
    roles = empty_kb.sparql("SELECT ?m { ?a owl:annotatedTarget ?m ; id:role 'Neo' }").rows
    assert len(roles) == 2


def test_two_folders_are_two_sources_that_share_their_nodes(empty_kb, movies, tmp_path):
    other = tmp_path / "awards"
    other.mkdir()
    (other / "won.tsv").write_text(":START_ID(Person)\t:END_ID\nkeanu\tHP:0000118\n")
    (other / "award.csv.gz").write_bytes(gzip.compress(b":ID|name:string\nOscar|Oscar\n"))
    reports = empty_kb.load(movies, other)
    assert [report.source.iri for report in reports] == ["file:///movies", "file:///awards"]
    # without :TYPE the file's name is the relation; without an id space an id may be a CURIE
    assert ("id:won", "HP:0000118") in told(empty_kb, "Person:keanu")[1]
    assert empty_kb.entity("id:Oscar").label == "Oscar"
    said = "2 ends of relationships are in no file of nodes here, such as keanu."
    assert [w.text for w in reports[1].warnings] == [said]
    assert empty_kb.entity("Person:keanu").label == "Keanu Reeves"


def test_a_file_alone_goes_by_its_own_name(empty_kb, movies):
    (report,) = empty_kb.load(movies / "movies.csv")
    assert (report.source.iri, report.source.path) == (
        "file:///movies.csv", str(movies / "movies.csv"),
    )  # fmt: skip


def test_a_bad_line_is_lost_alone_and_told(empty_kb, movies):
    (movies / "movies.csv").write_text(MOVIES + "tt3\n,No id,2000,1,Movie\ntt4,Four,soon,,Movie\n")
    (movies / "roles.csv").write_text(ROLES + 'keanu,"x"y,tt1,ACTED_IN\nkeanu,,,ACTED_IN\n')
    (report,) = empty_kb.load(movies)
    assert [(w.line, w.text) for w in report.warnings] == [
        (4, "movies.csv: Line lost: 5 cells are wanted, not 1."),
        (5, "movies.csv: Line lost: it has no :ID."),
        (6, "movies.csv: year: 'soon' is no integer, and is kept as a text."),
        (4, "roles.csv: Line lost: ',' expected after '\"'."),
        (5, "roles.csv: Line lost: it has no :START_ID or no :END_ID."),
    ]
    assert empty_kb.entity("Movie:tt4").label == "Four"


@pytest.mark.parametrize(
    ("heading", "iri"),
    [
        (":ID", "urn:x-id:a%20b"),
        ("id:ID", "urn:x-id:a%20b"),
        (":ID(Some Space)", "urn:x-id:Some%20Space:a%20b"),
        ('":ID(概念){label:Thing}"', "urn:x-id:概念:a%20b"),
        (":ID(id)", "urn:x-id:id:a%20b"),
        (":ID(owl)", "urn:x-id:owl:a%20b"),
    ],
)
def test_the_iri_of_a_node_is_made_of_its_id_space_and_id(load_text, heading, iri):
    kb = load_text(f"{heading},name,foaf:nick\na b,A,Al\n", "nodes.csv")
    assert kb.entity(iri).label == "A"
    assert kb.sparql("SELECT ?s { ?s foaf:nick 'Al' }").rows[0][0].value == iri


def test_an_id_that_is_an_iri_stays_one(load_text):
    kb = load_text(":ID(Page),name\nhttp://example.org/a,A\n", "pages.csv")
    assert kb.entity("http://example.org/a").label == "A"


def test_other_tables_are_no_property_graph(empty_kb, tmp_path):
    (tmp_path / "a.csv").write_text("ID,name\n1,one\n")
    with pytest.raises(FileFaultError, match="of no known format"):
        empty_kb.load(tmp_path / "a.csv")
    with pytest.raises(FileFaultError, match="folder that holds no ontology file"):
        empty_kb.load(tmp_path)
