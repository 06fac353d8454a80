"""The platforms on which people ask: one module each, the only one that knows its SDK."""
