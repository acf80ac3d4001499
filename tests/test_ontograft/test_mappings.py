"""The command `ontograft mappings`."""

TABLE = """\
#curie_map:
#  toy: http://example.org/toy/
#  other: http://example.org/other/
#mapping_set_id: http://example.org/mappings
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\tconfidence
toy:Aspirin\tskos:exactMatch\t\tother:ASA\tsemapv:LexicalMatching\t0.9
toy:Insulin\tskos:exactMatch\tNot\tother:ASA\tsemapv:ManualMappingCuration\t
"""


def test_mappings_are_listed_for_a_person_and_for_a_program(ontograft, toy_file, tmp_path):
    kb, table = tmp_path / "kb.sqlite", tmp_path / "toy.sssom.tsv"
    table.write_text(TABLE)
    assert ontograft("load", kb, toy_file, table).code == 0
    (found,) = ontograft("mappings", kb, "toy:Aspirin", "--json").document
    assert found == {
        "subject": "toy:Aspirin",
        "predicate": "skos:exactMatch",
        "object": "other:ASA",
        "justification": "semapv:LexicalMatching",
        "confidence": 0.9,
        "negated": False,
        "subject_label": "",
        "object_label": "",
        "source": "http://example.org/mappings",
    }
    lines = ontograft("mappings", kb).out.splitlines()
    told = [" ".join(line.split()) for line in lines if "other:ASA" in line]
    assert told == [
        "toy:Aspirin skos:exactMatch other:ASA 0.900 semapv:LexicalMatching",
        "toy:Insulin not skos:exactMatch other:ASA semapv:ManualMappingCuration",
    ]


def test_where_there_are_no_mappings_it_is_said(ontograft, toy_kb):
    asked = ontograft("mappings", toy_kb, "toy:Aspirin")
    assert (asked.code, asked.out) == (0, "")
    assert "has no mappings of toy:Aspirin" in asked.err
    assert ontograft("mappings", toy_kb, "--json").document == []
