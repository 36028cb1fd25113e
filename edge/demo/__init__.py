"""The whole system on one machine, with a virtual patient and a virtual clinician; only the people are pretended."""
