"""When training stops, holds, goes back a step or goes on: one readable table, and pure functions that ask it."""
