"""PostgreSQL holds and answers what SQLite does; a real server, out of a wheel."""

import subprocess
import sys

import psycopg
import pytest

from kg import InputError, KnowledgeBase, NotAKnowledgeBaseError

BANKS = """\
@prefix ex: <http://example.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
<http://example.org/banks> a owl:Ontology ; owl:versionInfo "1" .
ex:Bank a skos:Concept ; skos:prefLabel "bank"@en , "银行"@zh .
ex:Central a skos:Concept ; skos:prefLabel "central bank"@en , "中央银行"@zh ;
    skos:altLabel "reserve bank"@en ; skos:broader ex:Bank ; skos:definition "Sets rates."@en .
ex:Rate a skos:Concept ; skos:prefLabel "100% rate"@en , "利率"@zh ;
    skos:related ex:Central ; skos:notation "007" .
"""
SHAPES = """\
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
[] a sh:NodeShape ; sh:targetClass owl:Class ;
    sh:property [ sh:path obo:IAO_0000115 ; sh:minCount 1 ] ,
        [ sh:path rdfs:label ; sh:pattern "^[a-z ]+$" ; sh:maxLength 5 ] ,
        [ sh:path [ sh:oneOrMorePath rdfs:subClassOf ] ; sh:nodeKind sh:IRI ] .
"""
QUERY = "SELECT ?s ?o { ?s rdfs:subClassOf|skos:broader ?o FILTER isIRI(?o) } ORDER BY ?s ?o"
ASKED = (
    "cat",
    "a",
    "hous",
    "bank central",
    "银",
    "中央银",
    "100%",
    "%",
    "'",
    "\\",
    "a:* | b",
    "rat",
    "centrl bank",
    "resreve bnk",
)


def everything(kb: KnowledgeBase) -> dict[str, object]:
    """All that a knowledge base answers, in a form that can be compared."""
    table, graph = kb.table(), kb.graph()
    return {
        "summary": kb.summary(),
        "version": kb.version(),
        "entities": [kb.entity(table.curies[row]) for row in table.live.nonzero()[0]],
        "definitions": table.definitions,
        "names": kb.names(),
        "edges": (graph.head.tolist(), graph.relation.tolist(), graph.tail.tolist()),
        "relations": graph.relations,
        "axioms": kb.axioms(),
        "sparql": kb.sparql(QUERY),
        "found": {text: sorted(hit.curie for hit in kb.search(text)) for text in ASKED},
        "first": {text: [hit.curie for hit in kb.search(text, limit=1)] for text in ASKED},
    }


@pytest.fixture
def url(postgres):
    return postgres.new_schema()


@pytest.fixture
def both(url, tmp_path):
    """The same, in PostgreSQL and in SQLite."""
    with (
        KnowledgeBase.open(url, create=True) as there,
        KnowledgeBase.open(tmp_path / "kb.db", create=True) as here,
    ):
        yield there, here


def test_all_answers_are_those_of_sqlite(both, zoo_obo, tmp_path):
    banks = tmp_path / "banks.ttl"
    banks.write_text(BANKS, encoding="utf-8")
    for kb in both:
        kb.load(zoo_obo, banks)
    there, here = (everything(kb) for kb in both)
    assert there == here
    assert there["found"]["中央银"] == ["ex:Central"]
    assert there["found"]["hous"] == ["ZOO:0002"]


def test_a_newer_release_and_the_same_file_again(both, zoo_obo):
    for kb in both:
        kb.load(zoo_obo)
    text = zoo_obo.read_text()
    zoo_obo.write_text(text.replace("name: cat", "name: tomcat").replace("name: youth", "name: y"))
    for kb in both:
        (report,) = kb.load(zoo_obo)
        assert not report.unchanged
        (report,) = kb.load(zoo_obo)
        assert report.unchanged
    there, here = (everything(kb) for kb in both)
    assert there == here
    assert there["first"]["cat"] == ["ZOO:0002"]
    assert both[0].entity("ZOO:0002").label == "tomcat"
    first = both[0].releases()[0].number
    changes = [kb.difference(first) for kb in both]
    assert changes[0] == changes[1]
    assert [(c.old, c.new) for c in changes[0].relabelled] == [
        ("cat", "tomcat"),
        ("youth", "y"),
    ]
    for kb in both:
        kb.rollback(first)
    there, here = (everything(kb) for kb in both)
    assert there == here
    assert both[0].entity("ZOO:0002").label == "cat"


def test_validation_and_exports_are_those_of_sqlite(both, zoo_obo, tmp_path):
    shapes = tmp_path / "shapes.ttl"
    shapes.write_text(SHAPES, encoding="utf-8")
    answers = []
    for number, kb in enumerate(both):
        kb.load(zoo_obo)
        exports = [tmp_path / f"{number}.{suffix}" for suffix in ("nt", "ttl", "obo")]
        for path in exports:
            kb.export(path, accept_licences=True)
        report = kb.validate(shapes)
        assert not report.conforms
        answers.append((report, [path.read_text() for path in exports]))
    assert answers[0] == answers[1]


def test_a_bare_url_is_spoken_to_by_psycopg_3_whatever_driver_it_names(postgres, zoo_obo):
    for scheme in ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"):
        url = postgres.new_database().replace("postgresql://", f"{scheme}://")
        with KnowledgeBase.open(url, create=True) as kb:
            kb.load(zoo_obo)
        with KnowledgeBase.open(url) as kb:
            assert kb.summary().entities == 6


def test_an_empty_database_is_no_knowledge_base_before_its_first_load(url):
    with pytest.raises(NotAKnowledgeBaseError, match="no knowledge base here"):
        KnowledgeBase.open(url)
    with KnowledgeBase.open(url, create=True) as kb:
        assert kb.summary().entities == 0
        assert kb.search("cat") == ()


def test_a_database_of_another_program_is_left_as_it_is(url):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE meta (something integer)")
    with pytest.raises(NotAKnowledgeBaseError, match="another program"):
        KnowledgeBase.open(url, create=True)
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        assert found.fetchall() == [("meta",)]


def test_two_loaders_at_once_wait_for_each_other(url, zoo_obo, tmp_path):
    banks = tmp_path / "banks.ttl"
    banks.write_text(BANKS, encoding="utf-8")
    load = (
        "import sys; from kg import KnowledgeBase\n"
        "with KnowledgeBase.open(sys.argv[1], create=True) as kb: kb.load(sys.argv[2])"
    )
    files = [zoo_obo, banks, zoo_obo, banks]
    loaders = [subprocess.Popen([sys.executable, "-c", load, url, file]) for file in files]
    assert [loader.wait() for loader in loaders] == [0] * len(files)
    with KnowledgeBase.open(url) as kb:
        assert len(kb.summary().sources) == 2
        assert kb.summary().entities == 9


def test_a_reader_sees_one_state_while_another_loads(url, zoo_obo):
    with KnowledgeBase.open(url, create=True) as kb:
        kb.load(zoo_obo)
        with kb._database.reading() as connection:
            count = "SELECT count(*) FROM name"
            before = connection.exec_driver_sql(count).scalar_one()
            zoo_obo.write_text(zoo_obo.read_text().replace('synonym: "feline" BROAD []\n', ""))
            with KnowledgeBase.open(url) as other:
                other.load(zoo_obo)
                assert other.summary().names == before - 1
            assert connection.exec_driver_sql(count).scalar_one() == before
        assert kb.summary().names == before - 1


def test_a_text_with_the_character_nul_is_refused_and_nothing_stays(url, tmp_path):
    path = tmp_path / "nul.ttl"
    path.write_text(BANKS.replace("Sets rates.", r"Sets\u0000rates."), encoding="utf-8")
    with KnowledgeBase.open(url, create=True) as kb:
        with pytest.raises(InputError, match="NUL") as raised:
            kb.load(path)
        assert "SQLite" in raised.value.mend
        assert kb.summary().entities == 0


def test_very_long_names_and_definitions_are_held(both, tmp_path):
    import random

    chance = random.Random(1)
    long = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(200_000))
    path = tmp_path / "long.ttl"
    path.write_text(
        BANKS.replace("central bank", long).replace("Sets rates.", long[::-1]), encoding="utf-8"
    )
    for kb in both:
        kb.load(path)
        assert kb.entity("ex:Central").definition == long[::-1]
        assert [hit.curie for hit in kb.search(long[100:130])] == ["ex:Central"]
        assert [hit.curie for hit in kb.search(long)] == ["ex:Central"]


def test_an_iri_too_long_for_an_index_is_told(url, tmp_path):
    import random

    chance = random.Random(1)
    long = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(20_000))
    path = tmp_path / "long.ttl"
    path.write_text(BANKS.replace("ex:Rate", f"<http://example.org/{long}>"), encoding="utf-8")
    with KnowledgeBase.open(url, create=True) as kb:
        with pytest.raises(InputError, match="cannot be held by this database") as raised:
            kb.load(path)
        assert len(str(raised.value)) < 500
        assert kb.summary().entities == 0


def test_a_server_that_is_not_there_is_told_without_the_password():
    url = "postgresql://me:secret@127.0.0.1:1/kb"
    with pytest.raises(NotAKnowledgeBaseError, match="does not answer") as raised:
        KnowledgeBase.open(url, create=True)
    assert "secret" not in str(raised.value)
    assert raised.value.where == "postgresql://me:***@127.0.0.1:1/kb"


@pytest.mark.parametrize(
    "url",
    [
        "nosuch://me:secret@host/kb",
        "postgresql://me:secret@host:port/kb",
        "mysql://me:secret@host/kb?ssl=1",
        "postgresql://127.0.0.1:1/kb?user=me&password=secret",
        "postgresql://me:se:cr@et@127.0.0.1:1/kb",
    ],
)
def test_no_message_shows_a_password(url):
    with pytest.raises(InputError) as raised:
        KnowledgeBase.open(url, create=True)
    assert "secret" not in str(raised.value)
    assert "cr@et" not in str(raised.value)


def test_a_missing_driver_is_told_with_the_command_that_installs_it():
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from kg import InputError, KnowledgeBase\n"
        "try: KnowledgeBase.open('postgresql://127.0.0.1:1/kb', create=True)\n"
        "except InputError as fault: print(fault.mend)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "Install it: `pip install 'ontograft[postgres]'`.\n"


def test_words_are_found_by_an_index(url, zoo_obo):
    with KnowledgeBase.open(url, create=True) as kb:
        kb.load(zoo_obo)
    asked = (
        "EXPLAIN SELECT id FROM name "
        "WHERE to_tsvector('simple', left(folded, 10000)) @@ to_tsquery('simple', '''cat'':*')"
    )
    with psycopg.connect(url) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in connection.execute(asked))
    assert "name_index" in plan


def test_exports_are_those_of_sqlite(both, zoo_obo, tmp_path):
    banks = tmp_path / "banks.ttl"
    mapping = "ex:Bank skos:exactMatch <http://other.org/Bank> .\n"
    banks.write_text(BANKS + mapping, encoding="utf-8")
    for kb, side in zip(both, ("there", "here"), strict=True):
        kb.load(zoo_obo, banks)
        (tmp_path / side).mkdir()
        for name in ("kb.nq", "kb.ttl", "kb.jsonld", "kb.owl", "kb.obo", "kb.csv", "kb.sssom.tsv"):
            kb.export(tmp_path / side / name)
        for name in ("names", "triples", "babelon", "neo4j"):
            kb.export(tmp_path / side / name, format=name)
    here = {p.relative_to(tmp_path / "here") for p in (tmp_path / "here").rglob("*") if p.is_file()}
    assert len(here) == 24
    for path in sorted(here):
        lines = [
            sorted((tmp_path / side / path).read_text(encoding="utf-8").splitlines())
            for side in ("there", "here")
        ]
        assert lines[0] == lines[1], path
    shown = []
    for kb in both:
        store = kb.to_rdflib().store
        shown.append({triple for triple, _ in store.triples((None, None, None))})
        store.close()
    assert len(shown[0]) > 60
    assert shown[0] == shown[1]
