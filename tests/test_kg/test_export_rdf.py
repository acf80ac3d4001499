"""RDF that is parsed, stored, exported and parsed again is the same graph."""

import string
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import KnowledgeBase

XSD = "http://www.w3.org/2001/XMLSchema#"
FORMATS = {
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".ttl": ox.RdfFormat.TURTLE,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".jsonld": ox.RdfFormat.JSON_LD,
}
WITH_GRAPHS = (".nq", ".trig", ".jsonld")
WITH_TRIPLE_TERMS = (".nt", ".ttl", ".nq", ".trig")

# Namespaces that a prefix fits, one that ends within a word, and one that none fits.
IRIS = st.builds(
    str.__add__,
    st.sampled_from(
        ["http://www.w3.org/2004/02/skos/core#", "http://e.org/a/", "http://e.org/HP_", "urn:x:"]
    ),
    st.text(string.ascii_letters + string.digits + "_-.~%é中&='()+,;", min_size=1, max_size=6),
).map(lambda iri: ox.NamedNode(iri.replace("%", "%41")))
PREDICATES = st.builds(
    lambda space, local: ox.NamedNode(space + local),
    st.sampled_from(["http://www.w3.org/2004/02/skos/core#", "http://e.org/p/", "urn:x:"]),
    st.text(string.ascii_letters, min_size=1, max_size=5),
)
BLANKS = st.sampled_from("abc").map(ox.BlankNode)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
XML_TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿")
    | st.sampled_from("\t\n\r"),
    max_size=12,
)


def literals(texts):
    typed = st.sampled_from([XSD + "integer", XSD + "decimal", XSD + "boolean", "http://e.org/dt"])
    langs = st.sampled_from(["en", "zh-hans", "de-ch"])
    return (
        texts.map(ox.Literal)
        | st.sampled_from(["007", "1.50", "+1", "true", "x"]).flatmap(
            lambda form: typed.map(lambda kind: ox.Literal(form, datatype=ox.NamedNode(kind)))
        )
        | st.builds(lambda text, lang: ox.Literal(text, language=lang), texts, langs)
        | st.builds(
            lambda text, way: ox.Literal(text, language="ar", direction=way),
            texts,
            st.sampled_from([ox.BaseDirection.RTL, ox.BaseDirection.LTR]),
        )
    )


def quads(texts, *, graphs, triple_terms):
    subjects = IRIS | BLANKS
    objects = subjects | literals(texts)
    if triple_terms:
        objects |= st.builds(ox.Triple, subjects, PREDICATES, objects)
    named = IRIS | BLANKS | st.just(ox.DefaultGraph()) if graphs else st.just(ox.DefaultGraph())
    return st.lists(
        st.builds(ox.Quad, subjects, PREDICATES, objects, named), min_size=1, max_size=12
    )


def canonical(found):
    dataset = ox.Dataset(found)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return {str(quad) for quad in dataset}


def exported(folder: Path, found, suffix):
    """The quads after a load and an export."""
    (folder / "in.nq").write_bytes(ox.serialize(found, format=ox.RdfFormat.N_QUADS))
    with KnowledgeBase.open(folder / "kb.db", create=True) as kb:
        kb.load(folder / "in.nq", data=True)
        kb.export(folder / f"out{suffix}")
    return ox.parse((folder / f"out{suffix}").read_bytes(), format=FORMATS[suffix])


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_exported_is_what_was_loaded(suffix, tmp_path_factory, data):
    found = data.draw(
        quads(
            XML_TEXTS if suffix == ".rdf" else TEXTS,
            graphs=suffix in WITH_GRAPHS,
            triple_terms=suffix in WITH_TRIPLE_TERMS,
        )
    )
    folder = tmp_path_factory.mktemp("export")
    assert canonical(exported(folder, found, suffix)) == canonical(found)
