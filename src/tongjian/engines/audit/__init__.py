"""The auditor: recompute a ledger from its blocks, compare two ledgers, make decision bundles.

Nothing here believes what the operator derived: state, roots and outcomes are computed again from
the founding document and the signed transactions, and the first difference is named.
"""
