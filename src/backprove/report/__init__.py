"""Results as text: one result, many renderings."""
