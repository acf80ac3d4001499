"""Horn rules in their text form."""

import pytest

from kg import Atom, HornRule, SyntaxFaultError, parse_rules

RULES = """\
# supervision
0.9 :: fin:regulates(x, y) :- fin:supervises(x, z), fin:subsidiaryOf(y, z).  # and so on

hard :: fin:Bank(x) :- fin:CommercialBank(x).
audit :: fin:regulates(fin:ECB, y) :- <http://example.org/#euroBank>(y).
"""


def test_weight_mode_head_and_body_are_read():
    first, second, third = parse_rules(RULES)
    assert first == HornRule(
        head=Atom("fin:regulates", ("x", "y")),
        body=(Atom("fin:supervises", ("x", "z")), Atom("fin:subsidiaryOf", ("y", "z"))),
        weight=0.9,
        mode="soft",
        line=2,
    )
    assert (second.weight, second.mode, second.line) == (1.0, "hard", 4)
    assert third.head.variables == ("y",)
    assert third.body[0].predicate == "http://example.org/#euroBank"


def test_the_text_form_reads_back():
    for rule in parse_rules(RULES):
        (again,) = parse_rules(str(rule))
        assert (again.head, again.body) == (rule.head, rule.body)


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("fin:a(x) :- fin:b(x)", 21, "does not end with a full stop"),
        ("fin:a(x).", 9, "no `:-`"),
        ("fin:a(x) :- .", 12, "no atom"),
        ("fin:a(x) :- fin:b(x,, y).", 19, "not one or two arguments"),
        ("fin:a(x) :- fin:b(x, y, z).", 19, "not one or two arguments"),
        ("fin:a(x) :- fin:b(x) fin:c(x).", 22, "where a comma or the end belongs"),
        ("fin:a(x), fin:d(x) :- fin:b(x).", 1, "more than one atom"),
        ("often :: fin:a(x) :- fin:b(x).", 1, "'often' is no weight"),
        ("-1 :: fin:a(x) :- fin:b(x).", 1, "'-1' is no weight"),
        ("fin:a(y) :- fin:b(x).", 1, "says nothing about y"),
    ],
)
def test_a_fault_has_line_and_column(line, column, said):
    with pytest.raises(SyntaxFaultError, match=said) as raised:
        parse_rules("# first\n" + line, path="my.rules")
    assert raised.value.where == f"my.rules:2:{column}"


def test_a_rules_file_loads_beside_its_ontology(zoo, tmp_path):
    path = tmp_path / "zoo.rules"
    path.write_text("0.7 :: ZOO:feeds(x, y) :- ZOO:eats(y, x).\n")
    (report,) = zoo.load(path)
    assert (report.source.format, report.axioms, report.entities) == ("rules", 1, 0)
    (horn,) = [axiom for axiom in zoo.axioms() if axiom.kind == "horn"]
    assert horn.arguments == ("ZOO:feeds(x, y) :- ZOO:eats(y, x).",)
    assert (horn.weight, horn.mode, horn.source) == (0.7, "soft", "file:///zoo.rules")
