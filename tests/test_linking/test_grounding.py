import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linking import Linker, SettingsError
from linking.grams import GramIndex

NAMES = {
    "Neoplasm of the lung": [("Pulmonary tumour", "exact", "en")],
    "Neoplasm of the liver": [],
    "Ventricular septal defect": [],
    "Lung abscess": [],
    "肺部肿瘤": [("肺癌", "exact", "zh")],
    "VSD": [],
}
WORDS = ["lung", "lungs", "tumour", "neoplastic", "liver", "septal", "vsd", "肺", "肿瘤", "zzz", ""]


@pytest.fixture(scope="module")
def base(make_base):
    return make_base(dict.fromkeys(NAMES, "Thing"), NAMES, {})


@pytest.fixture(scope="module")
def linker(base):
    return Linker.of(base)


def labels(candidates):
    return [candidate.label for candidate in candidates]


def test_a_mention_that_no_name_is_written_like_has_the_most_similar_first(linker):
    assert linker.link("a neoplastic lung lesion").links == ()
    [found] = linker.ground(["neoplastic lung lesion"], k=3)
    assert labels(found)[0] == "Neoplasm of the lung"
    assert len(found) == 3


def test_a_name_itself_comes_first_and_is_no_similar_one(linker):
    [found] = linker.ground(["lung neoplasms"])
    assert found[0].label == "Neoplasm of the lung"
    assert "similar" not in {one.name for one in found[0].why}
    assert "similarity" in {one.name for one in found[1].why}
    assert found[0].probability > 0.5 > found[1].probability


def test_a_misspelt_name_is_found(linker):
    [found] = linker.ground(["ventriclar septl deffect"], k=1)
    assert labels(found) == ["Ventricular septal defect"]


def test_a_mention_is_looked_for_in_words_that_the_ontology_uses_alike(make_base):
    organs = {
        f"{part} of kidney": [(f"renal {part}", "exact", "en")]
        for part in ("cyst", "pain", "stone")
    }
    linker = Linker.of(make_base({}, {"kidney": [], "retina": [], **organs}, {}))
    [found] = linker.ground(["renal"], k=3)
    assert "kidney" in labels(found)  # "retina" is written more like it, but kidney is meant


def test_what_is_more_general_than_the_best_candidate_is_one_too(make_base):
    parents = {"Basalioma": "Carcinoma", "Carcinoma": "Growth", "Growth": "Trait", "Trait": "Thing"}
    linker = Linker.of(make_base(parents, {}, {}))
    [found] = linker.ground(["basalioma"])
    assert labels(found)[:4] == ["Basalioma", "Carcinoma", "Growth", "Trait"]  # three steps up


def test_chinese_is_compared_by_characters_and_pairs(linker):
    [found] = linker.ground(["肺肿瘤"], k=1)
    assert labels(found) == ["肺部肿瘤"]


def test_an_abbreviation_of_the_text_is_grounded_by_its_long_form(linker):
    text = "A tumour of the right lung (TRL) grew. The TRLs were removed."
    [found] = linker.ground(["TRLs"], texts=[text], k=1)
    assert labels(found) == ["Neoplasm of the lung"]
    assert "abbreviation" in {one.name for one in found[0].why}
    [alone] = linker.ground(["TRLs"], k=1)
    assert labels(alone) != ["Neoplasm of the lung"]


def test_an_abbreviation_within_a_long_form_is_written_out_too(linker):
    text = "Tumour of lung (TL), mostly inherited TL (ITL), is seen."
    [found] = linker.ground(["ITL"], texts=[text], k=1)
    assert labels(found) == ["Neoplasm of the lung"]


def test_what_looks_like_no_name_has_no_candidates(linker):
    assert linker.ground(["", "  ", "???", "\ud800"]) == [()] * 4
    assert linker.ground([]) == []


def test_faults_of_the_caller_are_told(linker):
    with pytest.raises(SettingsError, match="k is 0, below 1"):
        linker.ground(["lung"], k=0)
    with pytest.raises(SettingsError, match="1 texts for 2 mentions"):
        linker.ground(["lung", "liver"], texts=["lung"])


def test_the_similarity_of_a_name_to_itself_is_one_and_to_a_stranger_absent():
    index = GramIndex(["lung", "liver", "xyz"], [0, 1, 2])
    [found] = index.nearest(["lung"], 3)
    assert found == ((0, 1.0),)  # "liver" shares " l", but no three characters


def test_of_the_names_of_one_owner_the_best_counts():
    index = GramIndex(["lung tumour", "lung", "lungs of cats"], [7, 7, 8])
    [found] = index.nearest(["lung"], 5)
    assert [near.name for near in found] == [1, 2]


def test_names_in_blocks_give_what_names_at_once_give(monkeypatch):
    names = [f"{first} {second}" for first in WORDS for second in WORDS]
    owners = [at // 2 for at in range(len(names))]
    whole = list(GramIndex(names, owners).nearest(WORDS, 9))
    monkeypatch.setattr("linking.grams.NAMES_AT_ONCE", 7)
    monkeypatch.setattr("linking.grams.TEXTS_AT_ONCE", 2)
    assert list(GramIndex(names, owners).nearest(WORDS, 9)) == whole


mentions = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join) | st.text(max_size=20)


@given(st.lists(mentions, max_size=5), st.integers(1, 9))
def test_probabilities_and_k_hold_whatever_is_asked(linker, asked, k):
    found = linker.ground(asked, k=k)
    assert len(found) == len(asked)
    for candidates in found:
        assert len(candidates) <= k
        probabilities = [candidate.probability for candidate in candidates]
        assert sum(probabilities) <= 1
        assert probabilities == sorted(probabilities, reverse=True)
        assert len({candidate.row for candidate in candidates}) == len(candidates)
    assert found == linker.ground(asked, k=k)
    assert found == [linker.ground([one], k=k)[0] for one in asked]


@given(mentions, st.randoms())
def test_the_order_of_the_names_changes_nothing(asked, chance):
    names = [f"{first} {second}" for first in WORDS for second in WORDS]
    pairs = [(name, at // 3) for at, name in enumerate(names)]
    shuffled = random.Random(chance.random()).sample(pairs, len(pairs))

    def found(of):
        index = GramIndex([name for name, _ in of], [owner for _, owner in of])
        return [(of[near.name], near.similarity) for near in next(index.nearest([asked], 5))]

    assert found(pairs) == found(shuffled)


def test_a_chinese_mention_with_a_name_in_it_is_grounded_by_its_share(make_base):
    linker = Linker.of(make_base({}, {"债券": [], "政府债券": []}, {}))
    (found,) = linker.ground(["地方政府债券市场"])
    assert [candidate.label for candidate in found[:2]] == ["政府债券", "债券"]
    assert all(0 < candidate.probability < 1 for candidate in found)
