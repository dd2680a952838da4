"""Judicial evidence: fixed, kept without a gap, examined; court orders that reach other registers.

Law: Online Litigation Rules art. 11-13, 16-19; Civil Evidence Provisions art. 93, 94; Civil
Procedure Interpretation art. 485. Not here: the evidence itself, names of parties, judgments.
"""

from tongjian.services.evidence.records import service

__all__ = ["service"]
