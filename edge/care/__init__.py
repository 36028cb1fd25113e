"""What surrounds the training: nudges, milestones, outcome measures, and feedback that fades. Pure."""
