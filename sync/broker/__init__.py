"""Mosquitto as this project runs it: its configuration, its users, and the process."""

from sync.broker.files import BRIDGE_USER, LARGEST_PACKET, BrokerError
from sync.broker.private import PrivateMosquitto
from sync.broker.process import Mosquitto, available, free_port

__all__ = ["BRIDGE_USER", "LARGEST_PACKET", "BrokerError", "Mosquitto", "PrivateMosquitto", "available", "free_port"]
