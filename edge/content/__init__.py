"""Exercises and rules as data."""
