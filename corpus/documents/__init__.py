"""Documents as schools have them -> the text that the chunker reads, with what was left out and what is doubtful."""
