"""``steadyrig simulate``: many stations at once against a real broker, real bridges and a real database.

``traffic`` says what stations send, ``station`` and ``polled`` how, ``fleet`` drives them all in one thread,
``clinic`` starts the other side, ``check`` looks into the database, ``report`` says what was measured, and ``run`` is
the trial.
"""
