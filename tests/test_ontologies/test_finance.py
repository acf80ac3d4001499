"""The finance ontology keeps the promises of its README."""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable

import pyoxigraph
import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from kg import KnowledgeBase, read_rules
from ontograft.resources import finance_folder

FIN = Namespace("https://w3id.org/ontograft/finance#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
OBO_IN_OWL = Namespace("http://www.geneontology.org/formats/oboInOwl#")
FOLDER = finance_folder()
FOR_SIMPLE_PROPERTIES_ONLY = (
    OWL.AsymmetricProperty,
    OWL.FunctionalProperty,
    OWL.InverseFunctionalProperty,
    OWL.IrreflexiveProperty,
)


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------- the whole


def test_both_parsers_read_the_same_number_of_triples(finance):
    read = pyoxigraph.parse(path=str(FOLDER / "ontology.ttl"))
    assert sum(1 for _ in read) == len(finance.graph)


def test_it_is_as_large_as_promised(finance):
    assert len(finance.classes) >= 170
    assert len(finance.properties) >= 25
    assert len(finance.individuals) >= 30
    assert len(finance.disjoint) >= 30
    assert len(finance.restrictions(OWL.someValuesFrom)) >= 100
    assert len(list(finance.graph.subjects(OWL.equivalentClass, None))) >= 10


def test_the_readme_tells_the_counts_as_they_are(finance, texts):
    told = dict(re.findall(r"^\| ([a-zA-Z ]+) \| ([0-9]+) \|", _read("README.md"), re.MULTILINE))
    rules = read_rules(FOLDER / "rules.rules")
    groups = list(finance.graph.subjects(RDF.type, OWL.AllDisjointClasses))
    pairs = list(finance.graph.subject_objects(OWL.disjointWith))
    assert {thing: int(number) for thing, number in told.items()} == {
        "classes": len(finance.classes),
        "object properties": len(finance.properties),
        "individuals": len(finance.individuals),
        "disjointness axioms": len(pairs) + len(groups),
        "existential restrictions": len(finance.restrictions(OWL.someValuesFrom)),
        "equivalent classes": len(list(finance.graph.subjects(OWL.equivalentClass, None))),
        "rules": len(rules),
        "texts": len(texts),
        "gold links": sum(len(text["links"]) for text in texts),
    }


def test_the_header_names_version_and_licence(finance):
    header = finance.graph.value(None, RDF.type, OWL.Ontology)
    assert str(header) == "https://w3id.org/ontograft/finance"
    assert str(finance.graph.value(header, OWL.versionInfo)) == "0.1.0"
    licence = finance.graph.value(header, DCTERMS.license)
    assert str(licence) == "https://www.apache.org/licenses/LICENSE-2.0"


def test_every_term_that_is_used_is_declared(finance):
    used = {t for triple in finance.graph for t in triple if str(t).startswith(str(FIN))}
    assert [t for t in used if (t, RDF.type, None) not in finance.graph] == []


def test_a_knowledge_base_takes_ontology_and_rules_without_a_warning(finance, tmp_path):
    with KnowledgeBase.open(tmp_path / "finance.db", create=True) as kb:
        reports = kb.load(FOLDER / "ontology.ttl", FOLDER / "rules.rules")
        assert [w for report in reports for w in report.warnings] == []
        table, kinds = kb.table(), kb.table().kinds
        assert kinds.count("class") == len(finance.classes)
        assert kinds.count("individual") == len(finance.individuals)
        assert table.labels[table.row("fin:LiquidityCoverageRatio")] == "liquidity coverage ratio"
        assert "流动性覆盖率" in table.synonyms[table.row("fin:LiquidityCoverageRatio")]
        horn = [axiom for axiom in kb.axioms() if axiom.kind == "horn"]
        assert len(horn) == len(read_rules(FOLDER / "rules.rules"))


# ---------------------------------------------------------------------------------- the names


def test_no_two_terms_share_a_label(finance):
    for language in ("en", "zh"):
        owners = defaultdict(set)
        for term in finance.classes | finance.individuals:
            for label in finance.graph.objects(term, RDFS.label):
                if label.language == language:
                    owners[str(label).casefold()].add(term)
        assert {label: terms for label, terms in owners.items() if len(terms) > 1} == {}
        assert len(owners) == len(finance.classes) + len(finance.individuals)


def test_no_term_repeats_one_of_its_names(finance):
    for term in finance.classes | finance.individuals:
        names = [
            (str(name), name.language)
            for kind in (RDFS.label, SKOS.altLabel, OBO_IN_OWL.hasNarrowSynonym)
            for name in finance.graph.objects(term, kind)
        ]
        assert len(names) == len(set(names)), term


def test_the_definition_of_a_class_is_one_sentence_of_20_to_40_words(finance):
    for term in finance.classes:
        (definition,) = finance.graph.objects(term, SKOS.definition)
        assert 20 <= len(definition.split()) <= 40, term
        assert definition.endswith("."), term
        assert ". " not in definition, term


def test_chinese_names_hold_chinese_characters_and_english_ones_none(finance):
    for term in finance.classes:
        for name in finance.graph.objects(term, RDFS.label):
            han = any("\u4e00" <= letter <= "\u9fff" for letter in name)
            assert han == (name.language == "zh"), name


# ---------------------------------------------------------------------------------- the axioms


def test_no_class_is_its_own_ancestor(finance):
    for term in finance.classes:
        above = set().union(*map(finance.above, finance.parents[term]))
        assert term not in above, term


def test_every_class_lies_below_exactly_one_of_nine_top_classes(finance):
    tops = {c for c in finance.classes if finance.parents[c] == {FIN.FinancialConcept}}
    assert {str(top).removeprefix(str(FIN)) for top in tops} == {
        "Asset", "Party", "FinancialMarket", "FinancialMeasure", "Regulation",
        "FinancialRisk", "FinancialEvent", "FinancialActivity", "FinancialDocument",
    }  # fmt: skip
    for term in finance.classes - {FIN.FinancialConcept}:
        assert len(finance.above(term) & tops) == 1, term


def test_no_class_lies_below_two_disjoint_ones(finance):
    assert {c: pairs for c in finance.classes if (pairs := finance.clashes({c}))} == {}


def test_restrictions_fit_the_domain_and_range_of_their_property(finance):
    found = finance.restrictions(OWL.someValuesFrom)
    for owner, relation, filler in found:
        domain, range_ = finance.ends(relation)
        assert domain in finance.above(owner), (owner, relation)
        assert range_ in finance.above(filler), (owner, relation, filler)
    for owner, relation, value in finance.restrictions(OWL.hasValue):
        domain, range_ = finance.ends(relation)
        assert domain in finance.above(owner), (owner, relation)
        assert range_ in finance.types(value), (owner, relation, value)


def test_an_equivalent_class_specialises_the_class_that_it_starts_from(finance):
    for owner, same in finance.graph.subject_objects(OWL.equivalentClass):
        base = Collection(finance.graph, finance.graph.value(same, OWL.intersectionOf))[0]
        assert base in finance.above(owner), owner


def test_inverse_properties_swap_domain_and_range(finance):
    pairs = list(finance.graph.subject_objects(OWL.inverseOf))
    assert len(pairs) >= 20
    for inverse, relation in pairs:
        assert finance.ends(inverse) == finance.ends(relation)[::-1], inverse


def test_a_subproperty_stays_within_the_ends_of_its_superproperty(finance):
    for sub, super_ in finance.graph.subject_objects(RDFS.subPropertyOf):
        for narrow, wide in zip(finance.ends(sub), finance.ends(super_), strict=True):
            assert wide in finance.above(narrow), (sub, super_)


def test_asymmetric_and_functional_properties_are_simple_as_owl_2_dl_demands(finance):
    graph = finance.graph
    composite = set(graph.subjects(RDF.type, OWL.TransitiveProperty))
    composite |= set(graph.subjects(OWL.propertyChainAxiom, None))
    size = -1
    while size != len(composite):  # the inverse and the superproperty of a composite one are so
        size = len(composite)
        for a, b in graph.subject_objects(OWL.inverseOf):
            composite |= {a, b} if {a, b} & composite else set()
        composite |= {b for a, b in graph.subject_objects(RDFS.subPropertyOf) if a in composite}
    for kind in FOR_SIMPLE_PROPERTIES_ONLY:
        assert composite & set(graph.subjects(RDF.type, kind)) == set()


def test_property_chains_run_from_the_domain_to_the_range(finance):
    for relation, chain in finance.graph.subject_objects(OWL.propertyChainAxiom):
        ends = [finance.ends(step) for step in Collection(finance.graph, chain)]
        for (_, reached), (needed, _) in itertools.pairwise(ends):
            assert finance.clashes({reached, needed}) == []
        assert finance.clashes({ends[0][0], finance.ends(relation)[0]}) == []
        assert finance.clashes({ends[-1][1], finance.ends(relation)[1]}) == []


# ------------------------------------------------------------------------------ the individuals


def test_no_individual_belongs_to_two_disjoint_classes(finance):
    for individual in finance.individuals:
        assert finance.types(individual), individual
        assert finance.clashes(finance.types(individual)) == [], individual


def test_what_is_said_of_individuals_fits_domain_and_range(finance):
    said = [t for t in finance.graph if t[1] in finance.properties]
    assert len(said) >= 50
    for head, relation, tail in said:
        domain, range_ = finance.ends(relation)
        assert domain in finance.types(head), (head, relation)
        assert range_ in finance.types(tail), (head, relation, tail)


def test_asymmetric_relations_are_never_said_both_ways(finance):
    for relation in finance.graph.subjects(RDF.type, OWL.AsymmetricProperty):
        for head, tail in finance.graph.subject_objects(relation):
            assert (tail, relation, head) not in finance.graph


# -------------------------------------------------------------------------------------- the rules


def test_there_are_rules_of_every_mode_and_each_is_explained():
    rules = read_rules(FOLDER / "rules.rules")
    assert len(rules) >= 12
    assert {rule.mode for rule in rules} == {"hard", "soft", "audit"}
    lines = _read("rules.rules").splitlines()
    for rule in rules:
        assert lines[rule.line - 2].startswith("# "), rule


def test_rules_name_only_declared_properties(finance):
    for rule in read_rules(FOLDER / "rules.rules"):
        for atom in (rule.head, *rule.body):
            prefix, name = atom.predicate.split(":")
            assert prefix == "fin", atom
            assert FIN[name] in finance.properties, atom
            assert len(atom.arguments) == 2, atom


def test_a_variable_of_a_rule_never_has_to_be_of_two_disjoint_classes(finance):
    for rule in read_rules(FOLDER / "rules.rules"):
        needed = defaultdict(set)
        for atom in (rule.head, *rule.body):
            ends = finance.ends(FIN[atom.predicate.removeprefix("fin:")])
            for variable, end in zip(atom.arguments, ends, strict=True):
                needed[variable].add(end)
        for variable, classes in needed.items():
            assert finance.clashes(classes) == [], (str(rule), variable)


# ------------------------------------------------------------------------------------- the shapes


def conforms(data: Graph, shapes: Graph) -> tuple[bool, str]:
    verdict, _, report = pyshacl.validate(data, shacl_graph=shapes, inference="none")
    return bool(verdict), report


def test_the_ontology_conforms_to_its_shapes(finance, shapes):
    assert conforms(finance.graph, shapes)[0]


def _without_chinese(g: Graph) -> None:
    g.remove((FIN.Bond, RDFS.label, Literal("债券", lang="zh")))


def _with_second_label(g: Graph) -> None:
    g.add((FIN.Bond, RDFS.label, Literal("fixed-term bond", lang="en")))


def _without_definition(g: Graph) -> None:
    g.remove((FIN.Bond, SKOS.definition, None))


def _without_any_name(g: Graph) -> None:
    g.add((FIN.Nameless, RDF.type, OWL.Class))
    g.add((FIN.Nameless, RDFS.subClassOf, FIN.Bond))


def _elsewhere(g: Graph) -> None:
    foreign = URIRef("https://example.org/Bond")
    for _, relation, value in [*g.triples((FIN.Bond, None, None))]:
        g.add((foreign, relation, value))


def _uprooted(g: Graph) -> None:
    g.remove((FIN.FinancialRisk, RDFS.subClassOf, FIN.FinancialConcept))


def _measuring_nothing(g: Graph) -> None:
    for part in [*g.objects(FIN.LiquidityCoverageRatio, RDFS.subClassOf)]:
        if isinstance(part, BNode) and g.value(part, OWL.onProperty) == FIN.measures:
            g.remove((FIN.LiquidityCoverageRatio, RDFS.subClassOf, part))


def _without_range(g: Graph) -> None:
    g.remove((FIN.issues, RDFS.range, None))


def _without_year(g: Graph) -> None:
    g.remove((FIN.EuropeanCentralBank, FIN.foundedIn, None))


def _adopted_by_nobody(g: Graph) -> None:
    g.remove((FIN.BaselCommittee, FIN.adopts, FIN.BaselIII))


def _unsupervised(g: Graph) -> None:
    g.remove((FIN.SecuritiesAndExchangeCommission, FIN.supervises, FIN.Nasdaq))


@pytest.mark.parametrize(
    ("spoil", "focus"),
    [
        (_without_chinese, "fin:Bond"),
        (_with_second_label, "fin:Bond"),
        (_without_definition, "fin:Bond"),
        (_without_any_name, "fin:Nameless"),
        (_elsewhere, "https://example.org/Bond"),
        (_uprooted, "fin:FinancialRisk"),
        (_measuring_nothing, "fin:LiquidityCoverageRatio"),
        (_without_range, "fin:issues"),
        (_without_year, "fin:EuropeanCentralBank"),
        (_adopted_by_nobody, "fin:BaselIII"),
        (_unsupervised, "fin:Nasdaq"),
    ],
)
def test_a_spoilt_copy_does_not_conform(
    finance, shapes: Graph, spoil: Callable[[Graph], None], focus: str
):
    copy = Graph()
    for triple in finance.graph:
        copy.add(triple)
    spoil(copy)
    verdict, report = conforms(copy, shapes)
    assert not verdict
    assert focus in report.replace(str(FIN), "fin:")


# -------------------------------------------------------------------------------------- the texts


def test_there_are_40_english_and_20_chinese_texts(texts):
    assert [t["id"] for t in texts] == [
        *(f"en-{n:02d}" for n in range(1, 41)),
        *(f"zh-{n:02d}" for n in range(1, 21)),
    ]
    assert sum(len(t["links"]) <= 1 for t in texts) >= 8
    assert len({t["text"] for t in texts}) == 60


def test_gold_links_lie_within_their_text_in_order_and_do_not_overlap(texts):
    for text in texts:
        end = 0
        for link in text["links"]:
            assert end <= link["start"] < link["end"] <= len(text["text"]), text["id"]
            mention = text["text"][link["start"] : link["end"]]
            assert mention == mention.strip(" ,.;，。"), (text["id"], mention)
            end = link["end"]


def test_gold_links_name_declared_concepts(finance, texts):
    for text in texts:
        for link in text["links"]:
            concept = FIN[link["curie"].removeprefix("fin:")]
            assert concept in finance.classes | finance.individuals, link


# Mentions that are no name of their concept, singular or plural: checked one by one.
FREE_MENTIONS = {
    ("put", "fin:PutOption"),
    ("回购股份", "fin:ShareBuyback"),  # the verb comes first, as it often does in a decision
}


def test_a_gold_mention_is_a_name_of_its_concept_or_known_to_be_free(finance, texts):
    free = set()
    for text in texts:
        for link in text["links"]:
            concept = FIN[link["curie"].removeprefix("fin:")]
            kinds = (RDFS.label, SKOS.altLabel, OBO_IN_OWL.hasNarrowSynonym)
            names = {str(n).casefold() for k in kinds for n in finance.graph.objects(concept, k)}
            mention = text["text"][link["start"] : link["end"]]
            folded = mention.casefold()
            if not {folded, folded.removesuffix("s"), re.sub("ies$", "y", folded)} & names:
                free.add((mention, link["curie"]))
    assert free == FREE_MENTIONS
