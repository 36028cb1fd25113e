"""Passwords as Mosquitto keeps them: ``$7$iterations$salt$hash``, PBKDF2 with SHA-512 (``mosquitto_passwd``)."""

from __future__ import annotations

import base64
import hashlib
import os
import re

ITERATIONS = 101
"""Mosquitto's own default. More would not help: a password here is 256 random bits, which nobody tries through. It
would harm: at each reload Mosquitto hashes the password of every connected client again, in its only thread."""
SALT_BYTES, HASH_BYTES = 12, 64
HASHED = re.compile(rf"\$7\${ITERATIONS}\$[A-Za-z0-9+/]{{16}}\$[A-Za-z0-9+/]{{86}}==")
"""What :func:`hashed` returns, and nothing else: no line break, no colon."""


def hashed(password: str) -> str:
    """Return the text that stands for a password in Mosquitto's password file; each call takes a salt of its own."""
    salt = os.urandom(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, HASH_BYTES)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
