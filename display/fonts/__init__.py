"""Atkinson Hyperlegible Next (SIL Open Font License 1.1, see OFL.txt): Latin and Latin Extended, static weights."""
