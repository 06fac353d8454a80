"""From a question and a school's clauses to a decision: which clause governs it, or that none does."""
