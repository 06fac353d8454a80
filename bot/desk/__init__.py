"""The desk: the pages on which a school keeps its policies, its people, and what staff could not find."""
