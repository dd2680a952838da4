"""Projects of public investment as open data: OC4IDS 0.9, the infrastructure data standard.

Source: Open Contracting for Infrastructure Data Standards 0.9.5, branch 0.9 of the schema.
"""
