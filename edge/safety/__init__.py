"""When training must stop, hold or lock: one table of rules, and the few functions that read it. Pure."""
