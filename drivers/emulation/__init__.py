"""Chips that exist only as bytes and pin edges. They ship with the product: the demo and the tests run on them."""
