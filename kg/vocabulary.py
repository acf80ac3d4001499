"""IRIs that carry a meaning for us, by the specification they come from."""

from kg.records import NameKind

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
OBO = "http://purl.obolibrary.org/obo/"
OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
OMG = "https://www.omg.org/spec/Commons/AnnotationVocabulary/"
SCHEMA = "http://schema.org/"
FOAF = "http://xmlns.com/foaf/0.1/"
CC = "http://creativecommons.org/ns#"

TYPE = RDF + "type"
FIRST = RDF + "first"
REST = RDF + "rest"
NIL = RDF + "nil"
SUBCLASS_OF = RDFS + "subClassOf"
LABEL = RDFS + "label"
COMMENT = RDFS + "comment"
DEFINITION = OBO + "IAO_0000115"
REPLACED_BY = OBO + "IAO_0100001"
DEPRECATED = OWL + "deprecated"
ALTERNATIVE_ID = OBO_IN_OWL + "hasAlternativeId"
DB_XREF = OBO_IN_OWL + "hasDbXref"
SYNONYM_TYPE = OBO_IN_OWL + "hasSynonymType"
BROADER = SKOS + "broader"
NARROWER = SKOS + "narrower"

WELL_KNOWN_PREFIXES = {
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dc": DC,
    "dcterms": DCTERMS,
    "oboInOwl": OBO_IN_OWL,
    "foaf": FOAF,
    "schema": SCHEMA,
    "cc": CC,
    "prov": "http://www.w3.org/ns/prov#",
    "sh": "http://www.w3.org/ns/shacl#",
    "vann": "http://purl.org/vocab/vann/",
}

# Kind of a name, by the property that gives it.
NAME_KINDS: dict[str, NameKind] = {
    LABEL: "label",
    SKOS + "prefLabel": "label",
    SKOS + "altLabel": "exact",
    SKOS + "hiddenLabel": "hidden",
    OBO_IN_OWL + "hasExactSynonym": "exact",
    OBO_IN_OWL + "hasNarrowSynonym": "narrow",
    OBO_IN_OWL + "hasBroadSynonym": "broad",
    OBO_IN_OWL + "hasRelatedSynonym": "related",
    OBO + "IAO_0000118": "exact",
    OMG + "synonym": "exact",
    OMG + "abbreviation": "exact",
    OMG + "acronym": "exact",
}

DEFINITIONS = (DEFINITION, SKOS + "definition")

LICENCES = (
    DCTERMS + "license",
    CC + "license",
    SCHEMA + "license",
    DCTERMS + "rights",
    DC + "rights",
)

# Kind of an entity, by a type that is not a class of the ontology itself.
ENTITY_KINDS = {
    OWL + "Class": "class",
    RDFS + "Class": "class",
    SKOS + "Concept": "concept",
    OWL + "NamedIndividual": "individual",
    OWL + "ObjectProperty": "property",
    OWL + "DatatypeProperty": "property",
    RDF + "Property": "property",
    OWL + "SymmetricProperty": "property",
    OWL + "AsymmetricProperty": "property",
    OWL + "TransitiveProperty": "property",
    OWL + "FunctionalProperty": "property",
    OWL + "InverseFunctionalProperty": "property",
}

# Annotation properties describe the describing; they are no entities, and give no edges.
NO_ENTITY_TYPES = {
    OWL + "AnnotationProperty",
    OWL + "Ontology",
    OWL + "Axiom",
    OWL + "Restriction",
    OWL + "AllDisjointClasses",
    OWL + "NegativePropertyAssertion",
    RDFS + "Datatype",
    SKOS + "ConceptScheme",
    SKOS + "Collection",
}

# Predicates of these vocabularies never are a relation between two entities of the ontology.
METADATA = (RDF, RDFS, OWL, DC, DCTERMS, OBO_IN_OWL, OMG, CC, OBO + "IAO_")
