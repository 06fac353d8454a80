"""What a policy is, how a document becomes clauses, and how versions are kept."""
