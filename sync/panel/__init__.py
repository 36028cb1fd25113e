"""The clinician's web panel."""
