"""The public services, one folder each: records, acts, views, and what another may import."""
