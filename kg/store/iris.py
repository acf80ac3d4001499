"""The number of a term that is known by its IRI."""

import zlib

from sqlalchemy import Connection, select

from kg.store.schema import term

_IRI = 0


def number_of_iri(connection: Connection, iri: str) -> int:
    """The number of an IRI; -1, which no term has, where it does not occur."""
    query = select(term.c.id).where(
        term.c.hash == zlib.crc32(iri.encode()), term.c.kind == _IRI, term.c.value == iri
    )
    found = connection.execute(query).scalar()
    return -1 if found is None else int(found)
