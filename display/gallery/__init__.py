"""Sample screens, drawn without a session: what the tests, the documents and a reviewer look at."""
