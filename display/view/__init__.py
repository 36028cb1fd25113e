"""What the patient sees, decided without drawing: one file per screen, state and station in, a frozen View out."""
