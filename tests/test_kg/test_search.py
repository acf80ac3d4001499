"""Finding entities by name."""

import pytest

from kg import InputError

pytestmark = pytest.mark.parametrize("empty_kb", ["sqlite", "postgresql"], indirect=True)

BANKS = """\
@prefix ex: <http://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
ex:Bank a owl:Class ; rdfs:label "bank"@en , "银行"@zh .
ex:CentralBank a owl:Class ; rdfs:label "central bank"@en , "中央银行"@zh ;
    skos:altLabel "reserve bank"@en .
ex:River a owl:Class ; rdfs:label "river shore"@en ; skos:altLabel "bank"@en .
ex:Old a owl:Class ; rdfs:label "bank of old"@en ; owl:deprecated true .
ex:Rate a owl:Class ; rdfs:label "100% rate"@en , "利率"@zh .
"""


@pytest.fixture
def banks(load_text):
    return load_text(BANKS)


def test_an_exact_label_comes_first_then_an_exact_synonym_then_parts(banks):
    hits = banks.search("Bank")
    assert [hit.curie for hit in hits] == ["ex:Bank", "ex:River", "ex:CentralBank", "ex:Old"]
    assert [hit.score for hit in hits[:2]] == [1.0, 0.95]
    assert (hits[1].label, hits[1].name) == ("river shore", "bank")


def test_words_in_any_order_and_parts_of_words_are_found(banks):
    assert [hit.curie for hit in banks.search("bank central")] == ["ex:CentralBank"]
    assert [hit.curie for hit in banks.search("eserv")] == ["ex:CentralBank"]
    assert banks.search("zebra") == ()


def test_some_of_the_words_are_better_than_nothing(banks):
    assert banks.search("central heating")[0].curie == "ex:CentralBank"


@pytest.mark.parametrize(
    ("text", "first"), [("银行", "ex:Bank"), ("中央银", "ex:CentralBank"), ("率", "ex:Rate")]
)
def test_parts_of_chinese_names_are_found_however_short(banks, text, first):
    assert banks.search(text)[0].curie == first


@pytest.mark.parametrize("text", ['"', "100%", "AND", "a* OR", "%", "_", "'", "(", "  ", "-bank"])
def test_no_sign_has_a_special_meaning(banks, text):
    hits = banks.search(text)
    assert {hit.curie for hit in hits} <= {"ex:Rate", "ex:Bank", "ex:CentralBank", "ex:River"}
    assert (text.strip() in ("100%", "%")) == ([hit.curie for hit in hits] == ["ex:Rate"])


def test_the_limit_holds(banks):
    assert len(banks.search("bank", limit=1)) == 1


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("centrl bank", "ex:CentralBank"),  # a letter is missing
        ("cenrtal bank", "ex:CentralBank"),  # two letters are swapped
        ("resreve bankk", "ex:CentralBank"),  # two faults
        ("rivershore", "ex:River"),
        ("banck", "ex:Bank"),
    ],
)
def test_a_typo_or_two_are_forgiven(banks, text, first):
    assert banks.search(text)[0].curie == first


def test_a_typo_costs_half_and_the_share_of_the_letters_that_it_touched(banks):
    # one letter of the eleven in "centrl bank" and twelve in "central bank"
    (hit,) = banks.search("centrl bank", limit=1)
    assert (hit.name, hit.score) == ("central bank", pytest.approx(0.5 * 11 / 12, abs=1e-4))


def test_short_texts_and_far_names_are_no_typos(banks):
    assert banks.search("bnk") == ()
    assert banks.search("rivulets") == ()


def test_where_the_text_itself_is_a_name_no_other_is_guessed(load_text):
    kb = load_text(
        "@prefix e: <http://e.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        'e:1 a rdfs:Class ; rdfs:label "angina" . e:2 a rdfs:Class ; rdfs:label "vagina" .'
    )
    assert [hit.label for hit in kb.search("angina")] == ["angina"]
    assert [hit.label for hit in kb.search("angine")] == ["angina"]


def test_a_curie_or_iri_is_found_as_well(banks):
    assert banks.search("ex:Bank")[0].iri == "http://example.org/Bank"
    assert banks.search(" http://example.org/River ")[0].score == 1.0


def test_look_up_gives_all_that_a_text_names_and_nothing_else(banks):
    assert [(hit.curie, hit.score) for hit in banks.lookup("BANK")] == [
        ("ex:Bank", 1.0),
        ("ex:River", 0.95),
    ]
    assert [hit.curie for hit in banks.lookup("ex:CentralBank")] == ["ex:CentralBank"]
    assert [hit.curie for hit in banks.lookup("中央银行")] == ["ex:CentralBank"]
    assert banks.lookup("ban") == banks.lookup(" ") == ()


def test_a_text_of_any_length_and_signs_is_only_a_text(banks):
    assert banks.search("x" * 100_000) == ()
    assert banks.search('ban"k OR bank*') == ()


def test_characters_that_no_database_can_be_asked_for(banks):
    assert [hit.curie for hit in banks.search("central\0bank")] == ["ex:CentralBank"]
    assert list(banks.search("\0")) == []
    for ask in (banks.search, banks.entity):
        with pytest.raises(InputError, match="no Unicode"):
            ask("\ud800")
