"""How a station and its clinic come to know each other: a code, redeemed once over TLS."""
