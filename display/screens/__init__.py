"""One module per screen: where each part of a View lies. Places are base pixels of a 1024x600 screen."""
