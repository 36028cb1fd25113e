"""The pocket card: the live plan on one sheet of A5, folded to A6, and the way back for a week done on paper."""
