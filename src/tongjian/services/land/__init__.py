"""Land: units, who holds them and under what burdens, entered by three officers in block order.

Law: Civil Code art. 208-232, 356-357, 394-420; Provisional Regulations on Real Estate Registration;
the Supreme People's Court's provisions on seizure. Not here: names, contracts and deeds (salted
commitments stand for them), the price paid (treasury), the judgment itself (evidence).
"""

from tongjian.services.land.records import service

__all__ = ["service"]
