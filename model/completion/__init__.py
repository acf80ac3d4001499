"""Knowledge graph completion: which edges a graph lacks, from embeddings of what it has.

facts (integer triples, split) -> entity vectors (a table, or an encoder) -> decoder (scores of
triples) -> loss over all or some tails -> filtered ranks.
"""
