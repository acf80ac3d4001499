"""Tables by a column map."""

import gzip

import pytest

from kg import FileFaultError, SyntaxFaultError

MAP = """\
table = "drugs.csv"
ontology = "http://e.org/drugs"
version = "2026"
licence = "CC0-1.0"
namespace = "http://e.org/drug/"

[prefixes]
e = "http://e.org/"
drug = "http://e.org/drug/"

[columns]
code = "id"
name = "label@en"
name_zh = "label@zh"
aliases = "exact"
meaning = "definition"
group = "parent"
treats = "e:treats"
gone = "deprecated"
now = "replaced by"
"""
TABLE = """\
code,name,name_zh,aliases,meaning,group,treats,gone,now,price
a1,aspirin,阿司匹林,ASA|acetylsalicylic acid,"Thins
the blood, a little.",drug,HP:0012531|http://e.org/fever,false,,2.50
drug,drug,,,,,,,,
old,old aspirin,,,,drug,,true,a1,
"""


@pytest.fixture
def load_table(empty_kb, tmp_path):
    def load(table=TABLE, map_=MAP, name="drugs.csv"):
        (tmp_path / name).write_text(table, encoding="utf-8")
        (tmp_path / "drugs.toml").write_text(map_, encoding="utf-8")
        return empty_kb.load(tmp_path / "drugs.toml")[0]

    return load


def test_a_table_is_read_by_its_map(empty_kb, load_table):
    report = load_table()
    source = report.source
    assert (source.iri, source.version, source.licence, source.format) == (
        "http://e.org/drugs", "2026", "CC0-1.0", "table",
    )  # fmt: skip
    assert (report.entities, report.warnings[0].line) == (3, 0)  # HP:0012531 is not described
    aspirin = empty_kb.entity("drug:a1")
    assert (aspirin.label, aspirin.kind, aspirin.parents) == ("aspirin", "class", ("drug:drug",))
    assert aspirin.definition == "Thins\nthe blood, a little."
    assert [(n.text, n.kind, n.lang) for n in aspirin.names] == [
        ("aspirin", "label", "en"),
        ("阿司匹林", "label", "zh"),
        ("ASA", "exact", ""),
        ("acetylsalicylic acid", "exact", ""),
    ]
    treats = [edge.tail for edge in aspirin.edges if edge.relation == "e:treats"]
    assert treats == ["HP:0012531", "e:fever"]
    old = empty_kb.entity("drug:old")
    assert (old.deprecated, old.replaced_by) == (True, "drug:a1")


def test_a_bad_line_is_lost_alone_with_the_line_on_which_it_begins(load_table):
    report = load_table(TABLE + "too,few\n,nobody,,,,,,,,\nb,b,,,,,,perhaps,,\n")
    assert [(w.line, w.text) for w in report.warnings][:3] == [
        (6, "Line lost: 10 cells are wanted, not 2."),
        (7, "Line lost: it has no id."),
        (8, "gone: 'perhaps' is neither true nor false."),
    ]
    assert report.entities == 4


def test_a_quote_that_is_never_closed_is_told_where_it_began(load_table):
    report = load_table(TABLE + 'c,"open,,,,,,,,\nd,d,,,,,,,,\n')
    assert report.warnings[0].line == 6
    assert report.warnings[0].text.startswith("Line lost:")
    assert report.entities == 3


def test_tabs_numbers_and_compression(empty_kb, load_table, tmp_path):
    (tmp_path / "links.tsv.gz").write_bytes(gzip.compress(b"a\tb\tx\na\tc\ty\n"))
    map_ = 'table = "links.tsv.gz"\nheadings = false\nkind = "concept"\n'
    load_table(map_=map_ + '[columns]\n1 = "id"\n2 = "parent"\n3 = "label"\n')
    assert [edge.tail for edge in empty_kb.entity("id:a").edges] == ["id:b", "id:c"]
    assert empty_kb.entity("id:a").kind == "concept"


def test_one_column_may_mean_several_things(empty_kb, load_table):
    columns = '[columns]\nterm = ["id", "label@en"]\nother = "exact"\n'
    report = load_table("term,other\nbond (debt),\nÖl,oil|Oel\n", f'table="drugs.csv"\n{columns}')
    assert (report.entities, report.warnings) == (2, ())
    (hit,) = empty_kb.search("bond (debt)")
    assert (hit.label, hit.iri) == ("bond (debt)", "urn:x-id:bond%20(debt)")
    assert [n.text for n in empty_kb.entity("id:Öl").names] == ["Öl", "Oel", "oil"]


def test_a_changed_table_is_a_new_version_though_the_map_is_the_same(load_table):
    assert not load_table().unchanged
    assert load_table().unchanged
    assert not load_table(TABLE.replace("old aspirin", "very old aspirin")).unchanged


@pytest.mark.parametrize(
    ("change", "by", "place", "said", "mend"),
    [
        ('"label@en"', '"lable@en"', ":13:1", "'lable' is no meaning", "Did you mean label?"),
        ("ontology =", "ontolgy =", ":2:1", "ontolgy is no setting", "Did you mean ontology?"),
        ("namespace =", "kind = 'klass'\n#", ":5:1", "'klass' is no kind", "class"),
        ('"id"', '"xref"', ":11:1", "one column", "formats.md"),
        ('version = "2026"', "version = 2026", ":3:1", "version must be a str", "formats.md"),
        ('table = "drugs.csv"', "", ":1:1", "table is missing", "formats.md"),
        ('"label@zh"', '"label@"', ":14:1", "has no language", "formats.md"),
        ('"parent"', '"parent@en"', ":17:1", "may have none", "formats.md"),
        ('"2026"', '"2026', ":3:16", "Illegal character", "toml.io"),
        ('"parent"', '["parent", 1]', ":11:1", "a text, or a list of texts", "formats.md"),
        ('"parent"', "1", ":11:1", "a text, or a list of texts", "formats.md"),
    ],
)
def test_a_wrong_map_is_told_with_its_line(load_table, change, by, place, said, mend):
    with pytest.raises(SyntaxFaultError, match=said) as raised:
        load_table(map_=MAP.replace(change, by, 1))
    assert raised.value.where.endswith("drugs.toml" + place)
    assert mend in raised.value.mend


def test_a_missing_column_or_table_is_told(load_table):
    with pytest.raises(FileFaultError, match="no column 'gone'; it has code, name"):
        load_table(TABLE.replace("gone", "went"))
    with pytest.raises(FileFaultError, match="no such file") as raised:
        load_table(map_=MAP.replace("drugs.csv", "pills.csv"))
    assert raised.value.where.endswith("pills.csv")
