"""The coach: rules that look at facts and propose doses, within the limits a clinician set. Pure."""
