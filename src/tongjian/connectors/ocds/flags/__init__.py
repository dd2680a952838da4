"""Red flags of the Open Contracting Partnership's catalogue: what a committee should look at.

A flag is a finding with its figures, its reason and what may innocently explain it. It never
excludes anybody: the committee and the supervisor decide, and the bidder is heard.
Values are exact fractions; fences are quartiles as the catalogue's reference reckons them.
"""

from tongjian.connectors.ocds.flags.examine import Examiner, table_of
from tongjian.connectors.ocds.flags.finding import CODES, RedFlag, Settings
from tongjian.connectors.ocds.flags.words import Explanation, explain

__all__ = ["CODES", "Examiner", "Explanation", "RedFlag", "Settings", "explain", "table_of"]
