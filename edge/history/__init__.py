"""What has happened so far, as facts that rules can look at: folded from records, the same on station and panel."""
