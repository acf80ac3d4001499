import csv
import os
from pathlib import Path

import pytest

from kg.readers.sniffing import read_text
from linking import Linker
from linking.abbreviations import definitions_in

DATA = Path(os.environ.get("ONTOGRAFT_DATA", "/nowhere"))
NAMES = {"中国工商银行股份有限公司": [("中国工商银行", "exact", "zh")], "甲状腺功能亢进": []}


@pytest.fixture(scope="module")
def linker(make_base):
    return Linker.of(make_base(dict.fromkeys(NAMES, "Thing"), NAMES, {}))


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        (
            "中国工商银行股份有限公司（以下简称“工商银行”）宣布",
            "工商银行",
            "中国工商银行股份有限公司",
        ),
        ("福建实达电脑集团股份有限公司(下称S*ST实达)", "S*ST实达", "福建实达电脑集团股份有限公司"),
        ("士达炭素股份有限公司(下称:士达炭素)目前", "士达炭素", "士达炭素股份有限公司"),
        ("营口港务股份有限公司(600317,下称:营口港)", "营口港", "营口港务股份有限公司"),
        (
            "安徽省天然气开发股份有限公司（以下称「皖天然气」）",
            "皖天然气",
            "安徽省天然气开发股份有限公司",
        ),
        ("通用电气公司(以下简称GE)", "GE", "通用电气公司"),
        ("据悉，甲状腺功能亢进，简称甲亢，是", "甲亢", "甲状腺功能亢进"),
        ("甲状腺功能亢进(简称为甲亢)", "甲亢", "甲状腺功能亢进"),
    ],
)
def test_a_verb_marks_the_short_name(text, short, long):
    [found] = definitions_in(text)
    assert (found.short, found.long, found.loose) == (short, long, True)
    assert text[found.short_start :].startswith(short)
    assert text[found.long_start : found.long_end] == long


@pytest.mark.parametrize(
    "text",
    [
        "过早搏动简称早搏系窦房结以外的异位起搏点提前发出激动",  # nothing says where it ends
        "某某有限公司（以下简称“公司”）",  # would be found in every company's name
        "（以下简称“工商银行”）",
        "人称“铁娘子”",
    ],
)
def test_what_marks_no_short_name(text):
    assert definitions_in(text) == []


def test_every_occurrence_of_the_short_name_is_a_mention_of_the_long_one(linker):
    text = "工行上涨。日前中国工商银行股份有限公司（以下简称“工行”）宣布，工行将分红。"
    links = linker.link(text).links
    assert [(link.text, link.label) for link in links] == [
        ("工行", "中国工商银行股份有限公司"),
        ("中国工商银行股份有限公司", "中国工商银行股份有限公司"),
        ("工行", "中国工商银行股份有限公司"),
        ("工行", "中国工商银行股份有限公司"),
    ]


def test_within_a_longer_mention_the_short_name_is_none(linker):
    text = "中国工商银行股份有限公司（以下简称“工商银行”）：中国工商银行分红，工商银行上涨。"
    found = [mention.text for mention in linker.mentions(text)]
    assert found.count("工商银行") == 2


def test_a_short_name_of_what_is_no_mention_changes_nothing(linker):
    assert linker.link("某某集团（以下简称“某集”）与某集").links == ()


def occurrences(names, sentences):
    """Each place of each name, as a plain search gives it."""
    for sentence in sentences:
        for name in names:
            at = sentence.find(name)
            while at >= 0:
                yield sentence, at, at + len(name)
                at = sentence.find(name, at + 1)


def all_are_mentions(make_base, names, sentences):
    linker = Linker.of(make_base(dict.fromkeys(names, "Thing"), {}, {}))
    spans = {text: {(m.start, m.end) for m in linker.mentions(text)} for text in sentences}
    places = list(occurrences(names, sentences))
    missed = [(text[a:b], text) for text, a, b in places if (a, b) not in spans[text]]
    return len(places), missed


@pytest.mark.skipif(not (DATA / "finre_zh").is_dir(), reason="set ONTOGRAFT_DATA to the corpora")
def test_every_company_name_in_finre_is_a_mention(make_base):
    with (DATA / "stock_kg_zh/stock.csv").open(encoding="utf-8") as lines:
        names = {row["name"].strip() for row in csv.DictReader(lines)}
    chinese = sorted(name for name in names if len(name) > 1 and not name.isascii())
    text = (DATA / "finre_zh/valid.txt").read_text(encoding="utf-8")
    sentences = sorted({line.split("\t")[3] for line in text.splitlines() if line.count("\t") == 3})
    count, missed = all_are_mentions(make_base, chinese, sentences)
    assert count > 300
    assert missed == []


@pytest.mark.skipif(
    not (DATA / "medical_zh_kbert").is_dir(), reason="set ONTOGRAFT_DATA to the corpora"
)
def test_every_medical_term_in_clinical_sentences_is_a_mention(make_base):
    terms = (DATA / "medical_zh_kbert/Medical.spo").read_text(encoding="utf-8").splitlines()
    names = sorted({term.split("\t")[0] for term in terms if len(term.split("\t")[0]) > 1})
    lines = read_text(DATA / "medical_zh_kbert/medical_ner_test.tsv")[0].decode().splitlines()[1:]
    sentences = sorted({line.split("\t")[0].replace(" ", "") for line in lines})
    count, missed = all_are_mentions(make_base, names, sentences)
    assert count > 900
    assert missed == []
