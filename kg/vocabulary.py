"""IRIs that carry a meaning for us, by the specification they come from."""

from kg.records import NameKind

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SKOS_XL = "http://www.w3.org/2008/05/skos-xl#"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
OBO = "http://purl.obolibrary.org/obo/"
OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
OMG = "https://www.omg.org/spec/Commons/AnnotationVocabulary/"
SCHEMA = "http://schema.org/"
SCHEMA_S = "https://schema.org/"
FOAF = "http://xmlns.com/foaf/0.1/"
CC = "http://creativecommons.org/ns#"
EFO = "http://www.ebi.ac.uk/efo/"
ELI = "http://data.europa.eu/eli/ontology#"
SSSOM = "https://w3id.org/sssom/"
SEMAPV = "https://w3id.org/semapv/vocab/"
PAV = "http://purl.org/pav/"
PROV = "http://www.w3.org/ns/prov#"
XHTML = "http://www.w3.org/1999/xhtml/vocab#"

LANGUAGES = (OWL, RDF, RDFS, XSD)
"""The words in which ontologies are written; they are no entities."""

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
CONSIDER = OBO_IN_OWL + "consider"
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
    "pav": PAV,
    "prov": PROV,
    "semapv": SEMAPV,
    "sh": "http://www.w3.org/ns/shacl#",
    "skosxl": SKOS_XL,
    "sssom": SSSOM,
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
    EFO + "alternative_term": "exact",
}
# The same for labels that are nodes of their own, with the text in skosxl:literalForm.
LABEL_NAME_KINDS: dict[str, NameKind] = {
    SKOS_XL + "prefLabel": "label",
    SKOS_XL + "altLabel": "exact",
    SKOS_XL + "hiddenLabel": "hidden",
}
# What things other than terms are called by: a label where they have no other.
TITLES = (
    DCTERMS + "title",
    DC + "title",
    SCHEMA + "name",
    SCHEMA_S + "name",
    FOAF + "name",
    ELI + "title",
    ELI + "title_alternative",
)
OTHER_TITLES = (
    DCTERMS + "alternative",
    SCHEMA + "alternateName",
    SCHEMA_S + "alternateName",
)

DEFINITIONS = (DEFINITION, SKOS + "definition", EFO + "definition")
DESCRIPTIONS = (
    DCTERMS + "description",
    DC + "description",
    SCHEMA + "description",
    SCHEMA_S + "description",
    ELI + "description",
)

LICENCES = (
    DCTERMS + "license",
    CC + "license",
    SCHEMA + "license",
    SCHEMA_S + "license",
    XHTML + "license",
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
    SKOS_XL + "Label",
    SSSOM + "MappingSet",
}

# Predicates of these vocabularies never are a relation between two entities of the ontology.
METADATA = (RDF, RDFS, OWL, DC, DCTERMS, OBO_IN_OWL, OMG, CC, OBO + "IAO_")
