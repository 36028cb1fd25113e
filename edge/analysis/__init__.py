"""What many repetitions say together: sides, signatures, onsets, fatigue, bands. Pure; none of it is a diagnosis."""
