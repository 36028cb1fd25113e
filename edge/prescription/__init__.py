"""What is prescribed: rows of a programme, the limits a clinician sets, and what of it is due.

A programme is a template of rows; a prescription is rows bound to a patient, with loads and limits; the day's
routine is those of its rows that are due, each with one dose.
"""
