"""Commands on what follows from a knowledge base: reason, explain, mine."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ontograft.cli.choices import Modes, OpenWorld, modes_of
from ontograft.cli.terminal import (
    AsJson,
    KnowledgeBasePlace,
    note,
    print_facts,
    print_json,
    print_lines,
    print_table,
)

SHOWN_RULES = 20


def reason(
    kb: KnowledgeBasePlace,
    profile: Annotated[
        Literal["rl", "rdfs", "dl"],
        typer.Option(help="OWL 2 RL, RDFS, or OWL 2 DL through the package rustdl."),
    ] = "rl",
    budget_rounds: Annotated[
        int, typer.Option(metavar="N", min=1, help="Most passes over the rules.")
    ] = 1000,
    budget_triples: Annotated[
        int, typer.Option(metavar="N", min=1, help="Most triples to infer.")
    ] = 20_000_000,
    budget_seconds: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.001, help="Longest time to take.")
    ] = 600.0,
    least_weight: Annotated[
        float,
        typer.Option(metavar="W", min=0, help="Soft Horn rules of less weight are left out."),
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Infer what follows from all triples, and say what contradicts what.

    What was inferred stands beside what was loaded, with the rule that gave it; it holds until
    something is loaded. With a budget spent, it is a part of what follows, and marked so.
    """
    from kg import Budget, KnowledgeBase

    budget = Budget(rounds=budget_rounds, triples=budget_triples, seconds=budget_seconds)
    with KnowledgeBase.open(kb) as base:
        report = base.reason(profile, budget=budget, least_weight=least_weight)
    if report.stopped:
        note(f"Incomplete: {report.stopped}")
    if as_json:
        print_json(report.to_json())
        return
    facts: list[tuple[str, object]] = [
        ("profile", report.profile),
        ("triples", report.triples),
        ("inferred", report.inferred),
        ("complete", report.complete),
        ("seconds", report.seconds),
    ]
    print_facts(facts)
    if report.by_rule:
        rows = [[name, count, report.horn.get(name, "")] for name, count in report.by_rule.items()]
        print_table("", ["rule", "inferred", "text"], rows)
    for text, count in report.audits.items():
        print_facts([("audit", text), ("broken", count)])
    shown: dict[str, int] = {}
    for found in report.contradictions:
        shown[found.rule] = shown.get(found.rule, 0) + 1
        print_lines(f"contradiction by {found.rule}:")
        for leaf in found.asserted():
            print_lines(f"  {leaf.triple}    in {', '.join(leaf.sources)}")
    for rule, count in report.contradiction_counts.items():
        if count > shown.get(rule, 0):
            note(f"... and {count - shown.get(rule, 0):,} more contradictions by {rule}.")


def explain(
    kb: KnowledgeBasePlace,
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="CURIE or IRI.")],
    relation: Annotated[
        str,
        typer.Argument(metavar="RELATION", help="CURIE or IRI; rdfs:subClassOf is is-a."),
    ],
    object_: Annotated[str, typer.Argument(metavar="OBJECT", help="CURIE or IRI.")],
    as_json: AsJson = False,
) -> None:
    """Say why a triple or an edge holds: the rules, and the loaded triples with their files."""
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        found = base.explain(subject, relation, object_)
    if as_json:
        print_json(found.to_json())
        return
    print_lines(str(found))


def mine(
    kb: KnowledgeBasePlace,
    out: Annotated[Path, typer.Option(metavar="FILE.rules", help="The rules file to write.")],
    min_support: Annotated[
        int, typer.Option(metavar="N", min=1, help="Fewest edges that a rule must give.")
    ] = 10,
    min_confidence: Annotated[
        float, typer.Option(metavar="C", min=0, max=1, help="Least standard confidence.")
    ] = 0.5,
    max_rules: Annotated[
        int, typer.Option(metavar="N", min=1, help="Most rules to write, the surest first.")
    ] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Find Horn rules that the graph obeys, and write them as a rules file.

    Their weights are their confidences. Look through them, then `ontograft load KB FILE.rules`.
    """
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        mined = base.mine(
            out, min_support=min_support, min_confidence=min_confidence, max_rules=max_rules
        )
    if as_json:
        print_json(mined.to_json())
        return
    print_facts([("rules", len(mined.rules)), ("file", str(out))])
    columns = ["rule", "support", "confidence", "head coverage", "pca confidence"]
    print_table(
        "",
        columns,
        [
            [str(r.rule), r.support, r.confidence, r.head_coverage, r.pca_confidence]
            for r in mined.rules[:SHOWN_RULES]
        ],
    )
    if len(mined.rules) > SHOWN_RULES:
        note(f"... and {len(mined.rules) - SHOWN_RULES:,} more rules in {out}.")
    if mined.left_out:
        pairs = ", ".join(f"{first} and {second}" for first, second in mined.left_out[:3])
        note(f"Too many paths to look at: {len(mined.left_out):,} pairs, such as {pairs}.")


def rules(
    kb: KnowledgeBasePlace,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE.rules]", help="Rules that are not loaded yet."),
    ] = None,
    mode: Modes = None,
    open_world: OpenWorld = True,
    as_json: AsJson = False,
) -> None:
    """Hold every axiom and rule against the edges, before anything is trained by them.

    Broken are facts that an axiom forbids, and what a rule gives and is not there. A vacuous axiom
    has no fact to speak of; axioms in conflict leave nothing that could be.
    """
    from kg import KnowledgeBase

    with KnowledgeBase.open(kb) as base:
        found = base.audit(file, modes=modes_of(mode), open_world=open_world)
    if as_json:
        print_json(found.to_json())
        return
    spoken = [rule for rule in found.rules if not rule.vacuous]
    print_facts([
        ("rules", len(found.rules)),
        ("broken", sum(rule.broken != 0 for rule in spoken)),
        ("vacuous", len(found.rules) - len(spoken)),
        ("conflicts", len(found.conflicts)),
    ])  # fmt: skip
    for clash in found.conflicts:
        print_lines(f"conflict: {clash.what}, by {'; '.join(clash.rules)}")
    print_table(
        "",
        ["rule", "mode", "facts", "broken", "example"],
        [
            [
                rule.rule,
                rule.mode if rule.mode != "soft" else f"soft {rule.weight:g}",
                rule.facts,
                "too many" if rule.broken is None else rule.broken,
                rule.examples[0] if rule.examples else "",
            ]
            for rule in spoken[:SHOWN_RULES]
        ],
    )
    if len(spoken) > SHOWN_RULES:
        note(f"... and {len(spoken) - SHOWN_RULES:,} more; --json has all.")
