"""Finding entities by name."""

import pytest

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
