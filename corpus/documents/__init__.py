"""A document as a school has it -> the text that the chunker reads."""
