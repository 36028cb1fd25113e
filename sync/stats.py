"""What a bridge has counted since it started, for whoever looks after it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.signed import Kind


@dataclass(slots=True)
class Stats:
    """What a bridge did since it started."""

    received: int = 0
    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    """Readable messages that contradict what is known."""
    poison: int = 0
    """Messages that could not be read at all."""
    dropped: int = 0
    """Messages turned away because the queue was full; stations send them again."""
    sent_down: dict[str, int] = field(default_factory=lambda: {kind.value: 0 for kind in Kind})
    """By kind, what was signed and has gone to the broker."""
