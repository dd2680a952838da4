"""A witness: follows a ledger's files on a machine of others, and signs its heads.

It needs the verifier and readers of files: no node, no database, no service. What it signs says
that all heads it ever signed are of one history; where they are not, it keeps the evidence.
Source: C2SP tlog-witness and tlog-cosignature.
"""
