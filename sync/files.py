"""Files that are written whole or not at all, and are at no moment readable by others than they should be."""

from __future__ import annotations

import os
from pathlib import Path


def put(path: Path, content: str | bytes, mode: int = 0o600) -> bool:
    """Write a file with its final rights where it says something new; return whether it did."""
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == data:
        return False
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        os.fsync(file.fileno())
    # Replaced at once: who reads it again at any moment never finds half a file.
    fresh.replace(path)
    return True


def in_the_way(error: Exception) -> str:
    """Return why a file cannot be used, and the way out where it is another user's; the caller tells which."""
    if isinstance(error, PermissionError):
        return f"{error.strerror}; it has to be of the user that runs this: sudo chown steadyrig: {error.filename}"
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
