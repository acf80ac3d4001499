import random

import numpy as np
import pytest

from kg import NameRow
from linking.mentions import MentionFinder, in_languages
from linking.name_bags import is_acronym


def finder(*names: str, lang: str = "en") -> MentionFinder:
    return MentionFinder([NameRow(row, name, "label", lang) for row, name in enumerate(names)])


def found(finder: MentionFinder, text: str) -> list[tuple[str, str]]:
    return [(m.text, m.forms[0].variant) for m in finder.find(text)]


def test_a_word_with_a_preposition_is_not_the_word_alone():
    names = finder("at-the-money", "in situ", "the Hague", "OR")
    text = "Money in situ, at the money; or Hague, OR, situ."
    assert found(names, text) == [
        ("in situ", ""),
        ("at the money", ""),
        ("Hague", "spelling"),
        ("OR", ""),
    ]


def test_names_are_found_in_any_case_with_offsets_in_code_points():
    (mention,) = finder("Heart failure").find("🫀 Ü: HEART FAILURE")
    assert (mention.start, mention.end, mention.text) == (5, 18, "HEART FAILURE")


def test_nested_names_are_all_found_longer_first():
    assert [text for text, _ in found(finder("bond", "government bond"), "a government bond")] == [
        "government bond",
        "bond",
    ]


def test_a_name_within_a_word_is_not_found():
    assert found(finder("ear"), "hearing, early, near") == []


def test_an_acronym_must_agree_in_case_but_may_be_plural():
    acronyms = finder("ASA", "ETF")
    assert found(acronyms, "asa, Asa, ASA") == [("ASA", "")]
    assert found(acronyms, "ETFs, ETFS, etfs") == [("ETFs", "plural")]


@pytest.mark.parametrize(
    ("name", "text", "variant"),
    [
        ("Seizure", "seizures", "plural"),
        ("Central bank", "central banks", "plural"),
        ("Stenosis", "stenoses", "plural"),
        ("Security", "securities", "plural"),
        ("Falls", "fall", "plural"),
        ("Abnormality of the eye", "abnormalities of the eye", "plural"),
        ("Calcification of falx", "calcification of the falx", "spelling"),
        ("Abnormality of the eye", "abnormality of eye", "spelling"),
        ("Neoplasm of the lung", "lung neoplasm", "reordered"),
        ("Neoplasm of the lung", "lung neoplasms", "reordered"),
        ("Non-immune hydrops", "nonimmune hydrops", "spelling"),
        ("Non-immune hydrops", "non immune hydrops", ""),
        ("Crohn's disease", "Crohn disease", "spelling"),
        ("Haemorrhagic anaemia", "hemorrhagic anemia", "plural"),
        ("Complex II deficiency", "complex 2 deficiency", "plural"),
        ("Progressive hearing loss", "progression of hearing loss", "inflected"),
        ("α-thalassemia", "alpha thalassemia", "plural"),
    ],
)
def test_variants_of_english_names_are_found_and_named(name, text, variant):
    assert found(finder(name), text) == [(text, variant)]


def test_names_of_other_languages_get_no_english_plural():
    assert found(finder("Haus", lang="de"), "Hauses") == []


def test_chinese_names_need_no_blanks_around_them():
    assert found(finder("债券", lang="zh"), "政府发行债券筹资") == [("债券", "")]


def test_refused_names_are_kept_with_the_reason():
    refused = finder("All", "of the", "a", "at", "277000", "债", "Bond").refused
    assert [(r.name.text, r.reason) for r in refused] == [
        ("All", "only stop words"),
        ("of the", "only stop words"),
        ("a", "only stop words"),
        ("at", "only stop words"),
        ("277000", "no letter"),
        ("债", "too short"),
    ]


def test_an_acronym_that_is_also_a_stop_word_is_looked_for():
    assert found(finder("IT"), "it is IT") == [("IT", "")]


@pytest.mark.parametrize("name", ["ECB", "CET1", "IgE", "HbA1c"])
def test_acronyms(name):
    assert is_acronym(name)


@pytest.mark.parametrize("name", ["Bond", "bond", "Basel III", "银行", "SEIZURES"])
def test_no_acronyms(name):
    assert not is_acronym(name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Retinitis", "retina"),
        ("Inheritance", "inherited"),
        ("Lung neoplasm", "lung, neoplasm"),
        ("Lung neoplasm", "lung (neoplasm)"),
        ("Lung neoplasm", "lung. Neoplasm"),
        ("Lung neoplasm", "lung blood neoplasm"),
        ("Lung neoplasm", "lung neoplastic"),
        ("Pain without fever", "pain with fever"),
        ("Hair-down neuron", "hair neurons"),
    ],
)
def test_what_is_another_thing_is_not_found(name, text):
    assert found(finder(name), text) == []


def test_words_that_the_ontology_uses_alike_stand_for_each_other():
    kidneys = [("kidney stone", "renal stone"), ("kidney pain", "renal pain")]
    kidneys += [("kidney cyst", "renal cyst")]
    rows = [NameRow(row, text, "exact", "en") for row, pair in enumerate(kidneys) for text in pair]
    rows.append(NameRow(9, "Kidney failure", "label", "en"))
    (mention,) = MentionFinder(rows).find("renal failure")
    assert [(rows[f.name].row, f.variant) for f in mention.forms] == [(9, "synonym")]
    (mention,) = MentionFinder(rows, variants=False).find("Kidney failure, renal failure")
    assert mention.text == "Kidney failure"


def test_words_that_tell_concepts_apart_never_stand_for_each_other():
    rows = []
    for row, organ in enumerate(("liver", "lung", "skin")):
        rows += [NameRow(row, f"{age} {organ}", "exact", "en") for age in ("acute", "chronic")]
        rows += [NameRow(10 + row, f"acute {organ} pain", "label", "en")]
        rows += [NameRow(20 + row, f"chronic {organ} pain", "label", "en")]
    rows.append(NameRow(9, "Acute fever", "label", "en"))
    assert MentionFinder(rows).find("chronic fever") == []


def test_mentions_that_are_written_alike_have_one_key():
    lungs = finder("Neoplasm of the lung")
    keys = {m.key for m in lungs.find("Lung neoplasms; neoplasm of the lung; neoplasms of lungs")}
    assert len(keys) == 1


def test_no_names_find_nothing():
    assert finder().find("anything") == []
    assert finder("Bond").find("") == []


def test_a_language_is_chosen_with_its_regions_and_names_without_language_stay():
    names = [NameRow(0, lang or "none", "label", lang) for lang in ("en", "en-gb", "zh", "")]
    assert [name.text for name in in_languages(names, ("en",))] == ["en", "en-gb", "none"]
    assert in_languages(names, ()) == names


def test_an_index_that_is_kept_finds_the_same():
    names = [
        NameRow(row, name, "label", "en") for row, name in enumerate(("Lung pain", "IT", "债券"))
    ]
    kept: dict[str, dict] = {}
    built = []

    def keep(build):
        if not kept:
            built.append(1)
            kept.update(build(None))
        return kept

    text = "Pains of the lung, IT and 债券; red lungs"
    learnt = [NameRow(0, "red lung", "hidden", "")]
    finders = [MentionFinder(names, learnt=learnt, keep=keep) for _ in range(2)]
    first, second = (finder.find(text) for finder in finders)
    assert built == [1]
    assert first == second == MentionFinder(names, learnt=learnt).find(text)
    assert [mention.text for mention in first] == ["Pains of the lung", "IT", "债券", "red lungs"]


def test_an_index_out_of_an_older_one_is_that_of_the_names_alone():
    words = ["kidney", "stones", "Pains", "non-immune", "2", "IgE", "of", "債", "in", "!"]
    draw = random.Random(1)

    def names(count):
        for _ in range(count):
            row, text = draw.randrange(1000), " ".join(draw.choices(words, k=draw.randint(1, 5)))
            for written in {text, text.replace("kidney", "renal")}:
                yield NameRow(row, written, "label", "")

    def index(names, before):
        found = {}

        def keep(make):
            found.update(make(before))
            return found

        MentionFinder(names, keep=keep)
        return found

    known, arrays, reworded = [], None, 0
    for _ in range(20):
        kept = draw.sample(known, draw.randint(0, len(known)))
        known = sorted([*kept, *names(draw.randint(0, 150))])
        arrays, fresh = index(known, arrays), index(known, None)
        assert arrays.keys() == fresh.keys()
        assert all(np.array_equal(arrays[part], fresh[part]) for part in fresh)
        reworded += len(arrays["keys"]) - len(arrays["bag_names"])
    assert reworded > 0
