"""What follows from the triples: RDFS, OWL 2 RL and Horn rules, with explanations."""
