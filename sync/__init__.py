"""What leaves the station and what comes back: journal, outbox, MQTT link, bridge, and the clinic's database."""
