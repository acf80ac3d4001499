"""Explanations by CURIE and IRI, out of the store."""

from sqlalchemy import Connection

from kg.errors import InputError
from kg.reasoning.explaining import Explainer
from kg.reasoning.horn import horn_rules
from kg.reasoning.patterns import Rule
from kg.reasoning.records import Explanation
from kg.reasoning.running import rules_of
from kg.reasoning.stored import (
    Texts,
    read_columns,
    read_horn_axioms,
    read_inferred,
    read_terms,
)
from kg.store.inferred import inferred_from


def read_explainer(connection: Connection) -> Explainer:
    """What explains the triples of a knowledge base as it is now."""
    terms = read_terms(connection)
    texts = Texts(connection, terms.new)
    made_from = inferred_from(connection)
    rules: tuple[Rule, ...] = ()
    if made_from is not None:
        horn = horn_rules(
            read_horn_axioms(connection), texts.iri, least_weight=made_from.least_weight
        )
        rules = rules_of(made_from.profile, horn)
    found, names = read_inferred(connection)
    return Explainer(connection, read_columns(connection), terms, found, names, rules, texts)


def explain(
    connection: Connection, subject: str, relation: str, object_: str, *, location: str
) -> Explanation:
    """Why a triple or an edge holds.

    Args:
        connection: in a transaction.
        subject, relation, object_: CURIEs or IRIs.
        location: for the message.

    Raises:
        InputError: it does not hold, as far as is known.
    """
    explainer = read_explainer(connection)
    found = explainer.by_names(subject, relation, object_)
    if found is None:
        reasoned = inferred_from(connection) is not None
        raise InputError(
            f"Nothing says that {subject} {relation} {object_}.",
            where=location,
            mend="It is neither stated nor does it follow by the rules that ran."
            if reasoned
            else f"It may follow by a rule: run `ontograft reason {location}` first.",
        )
    return found
