"""From a file to triples: sniff the bytes, choose the reader by what they are, not by the name."""
