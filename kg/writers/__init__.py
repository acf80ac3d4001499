"""From the store to files: every format that `kg.readers` reads can be written."""
