"""The constraint components of SHACL Core, each for a whole set of nodes at once.

https://www.w3.org/TR/shacl/#core-components, in its order. A component gives the breaches: focus
node and value, by their numbers.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Select, and_, func, select, true, union_all

from kg.errors import ShapesFaultError
from kg.shapes.judging import not_in_order, not_matching
from kg.shapes.lexical import KNOWN, well_formed
from kg.shapes.paths import PropertyPath
from kg.shapes.shape import Constraint
from kg.shapes.shapes_graph import stored_term
from kg.shapes.values import values_of
from kg.shapes.vocabulary import NODE_KINDS
from kg.shapes.workspace import Workspace, local_term
from kg.sparql.result import XSD_STRING, SparqlTerm
from kg.store.schema import term, triple
from kg.store.terms import BLANK, IRI, LITERAL
from kg.vocabulary import RDF

MOST_COMPARED = 1_000_000
"""More pairs of values in `sh:lessThan` are refused."""

_LANG_STRING = RDF + "langString"
Condition = Callable[[Any], ColumnElement[bool]]


class Breach(NamedTuple):
    """A focus node, its value if one is at fault, and the predicate if a closed shape is meant."""

    focus: int
    value: int | None = None
    predicate: int | None = None


class Failing(Protocol):
    """Which nodes of a set do not conform to a shape."""

    def __call__(self, shape: SparqlTerm, scope: int) -> set[int]:
        """The numbers of the nodes.

        Args:
            shape: the node of the shape.
            scope: the number of the set.
        """
        ...


class Check(NamedTuple):
    """A constraint, and the nodes that it is asked of.

    Args:
        space: where sets are.
        constraint: what is asked.
        scope: the set of focus nodes.
        pairs: focus nodes and values, as a query.
        values: the set of values; made when it is first wanted.
        failing: answers for the shapes to which the constraint refers.
    """

    space: Workspace
    constraint: Constraint
    scope: int
    pairs: Select[Any]
    values: Callable[[], int]
    failing: Failing

    def ids(self) -> list[int]:
        """The numbers of the nodes of the constraint."""
        return self.space.ids(self.constraint.nodes)

    def breaches(self, query: Any) -> list[Breach]:
        """The rows of a query as breaches."""
        return [Breach(*row) for row in self.space.fetch(query)]

    def with_values(self, values: Iterable[int]) -> list[Breach]:
        """The pairs that have one of these values."""
        chosen = set(values)
        if not chosen:
            return []
        pairs = self.pairs.subquery()
        members = self.space.members(self.space.nodes(chosen))
        return self.breaches(select(pairs).where(pairs.c.value.in_(members)))

    def all_values(self) -> set[int]:
        """The numbers of all values."""
        return {row[0] for row in self.space.fetch(self.space.members(self.values()))}


def check_constraint(check: Check) -> list[Breach]:
    """All breaches of a constraint; of a property shape below, one for each failing value."""
    return _CHECKS[check.constraint.component](check)


# 4.1 Value type


def _class(check: Check) -> list[Breach]:
    pairs = check.pairs.subquery()
    typed = check.space.instances(check.ids()).where(triple.c.subject == pairs.c.value)
    return check.breaches(select(pairs).where(~typed.exists()))


def _datatype(check: Check) -> list[Breach]:
    wanted = check.constraint.nodes[0].value
    if wanted == _LANG_STRING:
        return _of_terms(check, lambda t: and_(t.c.kind == LITERAL, t.c.lang != ""))
    stored = "" if wanted == XSD_STRING else wanted
    of_type = _of_terms(
        check, lambda t: and_(t.c.kind == LITERAL, t.c.datatype == stored, t.c.lang == "")
    )
    if wanted not in KNOWN:
        return of_type
    found = _terms_of_values(check, lambda t: t.c.datatype == wanted)
    ill = (id_ for id_, text in found.items() if not well_formed(text.value, wanted))
    return of_type + check.with_values(ill)


def _node_kind(check: Check) -> list[Breach]:
    return _of_terms(check, lambda t: t.c.kind.in_(NODE_KINDS[check.constraint.nodes[0].value]))


# 4.2 Cardinality


def _min_count(check: Check) -> list[Breach]:
    return _fewer_than(check, check.pairs)


def _max_count(check: Check) -> list[Breach]:
    return _more_than(check, check.pairs)


def _fewer_than(check: Check, pairs: Select[Any]) -> list[Breach]:
    if check.constraint.number == 0:
        return []
    counted = pairs.subquery()
    enough = select(counted.c.focus).group_by(counted.c.focus)
    enough = enough.having(func.count() >= check.constraint.number)
    return check.breaches(check.space.members(check.scope).except_(enough))


def _more_than(check: Check, pairs: Select[Any]) -> list[Breach]:
    counted = pairs.subquery()
    many = select(counted.c.focus).group_by(counted.c.focus)
    return check.breaches(many.having(func.count() > check.constraint.number))


# 4.3 Value range


def _range(operator: str, *, bound_first: bool) -> Callable[[Check], list[Breach]]:
    def check_range(check: Check) -> list[Breach]:
        bound = check.constraint.nodes[0]
        pairs = {
            id_: (bound, value) if bound_first else (value, bound)
            for id_, value in _terms_of_values(check, lambda _: true()).items()
        }
        return check.with_values(not_in_order(pairs, operator))

    return check_range


# 4.4 String


def _min_length(check: Check) -> list[Breach]:
    least = check.constraint.number
    return _of_terms(check, lambda t: and_(t.c.kind != BLANK, func.length(t.c.value) >= least))


def _max_length(check: Check) -> list[Breach]:
    most = check.constraint.number
    return _of_terms(check, lambda t: and_(t.c.kind != BLANK, func.length(t.c.value) <= most))


def _pattern(check: Check) -> list[Breach]:
    texts: dict[int, str] = {}
    failing: set[int] = set()
    for table in _term_tables(check):
        query = _values_in(check, table, table.c.id, table.c.kind, table.c.value)
        for id_, kind, value in check.space.fetch(query):
            if kind in (IRI, LITERAL):
                texts[id_] = value
            else:
                failing.add(id_)
    failing |= not_matching(texts, check.constraint.nodes[0].value, check.constraint.flags)
    return check.with_values(failing)


def _language_in(check: Check) -> list[Breach]:
    ranges = [node.value.lower() for node in check.constraint.nodes]
    found = _terms_of_values(check, lambda t: t.c.lang != "")
    failing = (id_ for id_, text in found.items() if not _in_ranges(text.lang.lower(), ranges))
    return _of_terms(check, lambda t: t.c.lang != "") + check.with_values(failing)


def _in_ranges(lang: str, ranges: Iterable[str]) -> bool:
    """Basic filtering of RFC 4647, section 3.3.1."""
    return any(range_ in ("*", lang) or lang.startswith(f"{range_}-") for range_ in ranges)


def _unique_lang(check: Check) -> list[Breach]:
    pairs = check.pairs.subquery()
    lang = func.lower(term.c.lang)
    query = select(pairs.c.focus).join(term, (term.c.id == pairs.c.value) & (term.c.lang != ""))
    return check.breaches(query.group_by(pairs.c.focus, lang).having(func.count() > 1))


# 4.5 Property pair


def _equals(check: Check) -> list[Breach]:
    mine, others = check.pairs.subquery(), _other_pairs(check).subquery()
    without = select(mine).except_(select(others)).subquery()
    missing = select(others).except_(select(mine)).subquery()
    return check.breaches(union_all(select(without), select(missing)))


def _disjoint(check: Check) -> list[Breach]:
    mine, others = check.pairs.subquery(), _other_pairs(check).subquery()
    return check.breaches(select(mine).intersect(select(others)))


def _ordered(operator: str) -> Callable[[Check], list[Breach]]:
    def check_order(check: Check) -> list[Breach]:
        mine, others = check.pairs.subquery(), _other_pairs(check).subquery()
        query = select(mine.c.focus, mine.c.value, others.c.value.label("other"))
        query = query.join(others, others.c.focus == mine.c.focus)
        rows = check.space.fetch(query.limit(MOST_COMPARED + 1))
        if len(rows) > MOST_COMPARED:
            raise ShapesFaultError(
                f"A shape compares more than {MOST_COMPARED:,} pairs of values.",
                mend="Choose fewer nodes for its sh:lessThan or sh:lessThanOrEquals.",
            )
        terms = check.space.terms(id_ for row in rows for id_ in row[1:])
        asked = {row[1:]: (terms[row[1]], terms[row[2]]) for row in rows}
        numbered = dict(enumerate(asked.values()))
        keys = list(asked)
        failing = {keys[at] for at in not_in_order(numbered, operator)}
        return [Breach(row[0], row[1]) for row in rows if row[1:] in failing]

    return check_order


def _other_pairs(check: Check) -> Select[Any]:
    path = PropertyPath("predicate", iri=check.constraint.nodes[0].value)
    return values_of(check.space, check.scope, path)


# 4.6 Logical


def _not(check: Check) -> list[Breach]:
    return check.with_values(check.all_values() - _failing_one(check))


def _and(check: Check) -> list[Breach]:
    failing = [check.failing(shape, check.values()) for shape in check.constraint.shapes]
    return check.with_values(set[int]().union(*failing))


def _or(check: Check) -> list[Breach]:
    return check.with_values(v for v, count in _conforming_counts(check).items() if count == 0)


def _xone(check: Check) -> list[Breach]:
    return check.with_values(v for v, count in _conforming_counts(check).items() if count != 1)


def _conforming_counts(check: Check) -> dict[int, int]:
    """To how many of the shapes each value conforms; a shape that is named twice counts twice."""
    counts = dict.fromkeys(check.all_values(), 0)
    for shape in check.constraint.shapes:
        failing = check.failing(shape, check.values())
        for value in counts:
            counts[value] += value not in failing
    return counts


# 4.7 Shape-based


def _node(check: Check) -> list[Breach]:
    return check.with_values(_failing_one(check))


def _failing_one(check: Check) -> set[int]:
    return check.failing(check.constraint.shapes[0], check.values())


def _qualified(check: Check) -> Select[Any]:
    """The pairs whose value conforms to the qualified shape and to none of its siblings."""
    space = check.space
    wanted, *siblings = check.constraint.shapes
    chosen = check.all_values() - check.failing(wanted, check.values())
    for sibling in siblings:
        chosen &= check.failing(sibling, check.values())
    pairs = check.pairs.subquery()
    return select(pairs).where(pairs.c.value.in_(space.members(space.nodes(chosen))))


def _qualified_min(check: Check) -> list[Breach]:
    return _fewer_than(check, _qualified(check))


def _qualified_max(check: Check) -> list[Breach]:
    return _more_than(check, _qualified(check))


# 4.8 Other


def _closed(check: Check) -> list[Breach]:
    pairs = check.pairs.subquery()
    query = select(pairs.c.focus, triple.c.object, triple.c.predicate).distinct()
    query = query.join(triple, triple.c.subject == pairs.c.value)
    allowed = check.space.members(check.space.nodes(check.ids()))
    return check.breaches(query.where(triple.c.predicate.not_in(allowed)))


def _has_value(check: Check) -> list[Breach]:
    pairs = check.pairs.subquery()
    having = select(pairs.c.focus).where(pairs.c.value == check.ids()[0])
    return check.breaches(check.space.members(check.scope).except_(having))


def _in(check: Check) -> list[Breach]:
    pairs = check.pairs.subquery()
    members = check.space.members(check.space.nodes(check.ids()))
    return check.breaches(select(pairs).where(pairs.c.value.not_in(members)))


def _of_terms(check: Check, fits: Condition) -> list[Breach]:
    """The pairs whose value does not fit a condition on its term."""
    pairs = check.pairs.subquery()
    found = []
    for table in _term_tables(check):
        query = select(pairs).join(table, table.c.id == pairs.c.value)
        found += check.breaches(query.where(~fits(table)))
    return found


def _terms_of_values(check: Check, chosen: Condition) -> Mapping[int, SparqlTerm]:
    """The terms of the values that fit a condition, each once."""
    found = {}
    for table in _term_tables(check):
        columns = (table.c.id, table.c.kind, table.c.value, table.c.datatype, table.c.lang)
        query = _values_in(check, table, *columns).where(chosen(table))
        found.update({row[0]: stored_term(*row[1:]) for row in check.space.fetch(query)})
    return found


def _values_in(check: Check, table: Any, *columns: Any) -> Select[Any]:
    return select(*columns).where(table.c.id.in_(select(check.pairs.subquery().c.value)))


def _term_tables(check: Check) -> tuple[Any, ...]:
    return (term, local_term) if check.space.has_local_nodes else (term,)


_CHECKS: dict[str, Callable[[Check], list[Breach]]] = {
    "Class": _class,
    "Datatype": _datatype,
    "NodeKind": _node_kind,
    "MinCount": _min_count,
    "MaxCount": _max_count,
    "MinExclusive": _range("<", bound_first=True),
    "MinInclusive": _range("<=", bound_first=True),
    "MaxExclusive": _range("<", bound_first=False),
    "MaxInclusive": _range("<=", bound_first=False),
    "MinLength": _min_length,
    "MaxLength": _max_length,
    "Pattern": _pattern,
    "LanguageIn": _language_in,
    "UniqueLang": _unique_lang,
    "Equals": _equals,
    "Disjoint": _disjoint,
    "LessThan": _ordered("<"),
    "LessThanOrEquals": _ordered("<="),
    "Not": _not,
    "And": _and,
    "Or": _or,
    "Xone": _xone,
    "Node": _node,
    "Property": _node,
    "QualifiedMinCount": _qualified_min,
    "QualifiedMaxCount": _qualified_max,
    "Closed": _closed,
    "HasValue": _has_value,
    "In": _in,
}
