"""Forward-only migrations of the clinic's database, run by :func:`sync.store.upgrade`."""
