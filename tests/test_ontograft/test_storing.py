"""The commands on where a knowledge base is kept: upgrade, doctor --kb, and a URL for KB."""

from contextlib import closing

from kg.store.sqlite import sqlite_module
from schema_1 import write_sqlite


def test_an_older_knowledge_base_is_upgraded_by_the_command_that_the_refusal_names(
    ontograft, toy_kb, tmp_path
):
    old = tmp_path / "old.sqlite"
    write_sqlite(old, toy_kb)
    refused = ontograft("info", old, "--json")
    assert refused.code == 2
    assert refused.fault["mend"] == f"Upgrade it: `ontograft upgrade {old}`."
    upgraded = ontograft("upgrade", old)
    assert (upgraded.code, upgraded.out) == (0, "Upgraded from schema version 1 to 3.\n")
    assert ontograft("upgrade", old).out == "Schema version 3, as it should be.\n"
    assert ontograft("upgrade", old, "--json").document == {"before": 3, "now": 3}
    wanted = ontograft("info", toy_kb, "--json").document
    assert ontograft("info", old, "--json").document == wanted


def test_doctor_tells_whether_a_knowledge_base_is_whole(ontograft, toy_kb, tmp_path):
    place = tmp_path / "kb.sqlite"
    place.write_bytes(toy_kb.read_bytes())
    whole = ontograft("doctor", "--kb", place, "--json")
    assert (whole.code, whole.document["fit"]) == (0, True)
    with closing(sqlite_module().connect(place)) as raw:
        raw.execute("UPDATE description SET definition = 0 WHERE label = 'aspirin'")
        raw.commit()
    spoilt = ontograft("doctor", "--kb", place, "--json")
    assert (spoilt.code, spoilt.document["fit"]) == (1, False)
    (found,) = [f for f in spoilt.document["findings"] if not f["fit"]]
    assert found["found"] == "The table description differs from what source 0 brought."
    assert "load the files again" in found["mend"]
    content = place.read_bytes()
    place.write_bytes(content[:100] + b"\xff" * 2000 + content[2100:])
    spoilt = ontograft("doctor", "--kb", place)
    assert spoilt.code == 1
    assert "damaged" in spoilt.out


def test_doctor_of_a_place_without_a_knowledge_base_says_so(ontograft, tmp_path):
    missing = ontograft("doctor", "--kb", tmp_path / "none.sqlite", "--json")
    assert missing.code == 2
    assert "no knowledge base here" in missing.fault["what"]
    (tmp_path / "text").write_text("no knowledge base")
    assert ontograft("doctor", "--kb", tmp_path / "text", "--json").code == 2


def test_a_url_of_postgresql_stands_wherever_a_path_may(ontograft, postgres, toy_file):
    url = postgres.new_schema()
    loaded = ontograft("load", url, toy_file, "--json")
    assert loaded.code == 0, loaded.err
    assert ontograft("info", url, "--json").document["entities"] == 4
    assert ontograft("search", url, "analgesic", "--json").document[0]["curie"] == "toy:Painkiller"
    assert ontograft("show", url, "toy:Aspirin", "--json").document["label"] == "aspirin"
    asked = ontograft("sparql", url, "ASK { toy:Aspirin rdfs:subClassOf toy:Painkiller }")
    assert asked.out == "true\n"
    linked = ontograft("link", url, "She took aspirin.", "--json")
    assert linked.code == 0, linked.err
    nothing = ontograft("search", url.replace("postgres:@", "postgres:secret@"), "zebra")
    assert "No name in postgresql://postgres:***@/" in nothing.err
    assert ontograft("doctor", "--kb", url, "--json").document["fit"]
    assert ontograft("upgrade", url).code == 0


def test_a_server_that_does_not_answer_is_told_without_its_password(ontograft):
    told = ontograft("info", "postgresql://me:secret@127.0.0.1:1/kb", "--json")
    assert told.code == 2
    assert "does not answer" in told.fault["what"]
    assert "secret" not in told.out + told.err
