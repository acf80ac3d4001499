"""SPARQL over the triples of a knowledge base: read-only, bounded, every term as it was loaded."""
