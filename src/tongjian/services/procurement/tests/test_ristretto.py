"""The group of the sealed bids against the vectors of RFC 9496, and its laws."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongjian.services.procurement import ristretto as group

MULTIPLES = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
)
"""RFC 9496, A.1."""
INVALID = (
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
"""RFC 9496, A.2."""
FEW = settings(max_examples=15)
SCALARS = st.integers(0, group.ORDER - 1)


def test_small_multiples_of_the_generator_are_those_of_the_rfc() -> None:
    element = group.IDENTITY
    for number, expected in enumerate(MULTIPLES):
        assert group.encode(element).hex() == expected
        assert group.encode(group.multiply_base(number)).hex() == expected
        assert group.encode(group.decode(bytes.fromhex(expected))).hex() == expected
        element = group.add(element, group.BASE)


@pytest.mark.parametrize("encoded", INVALID)
def test_what_the_rfc_calls_invalid_is_refused(encoded: str) -> None:
    with pytest.raises(group.NoElement):
        group.decode(bytes.fromhex(encoded))


@pytest.mark.parametrize("scalar", [group.ORDER, 2**256 - 1])
def test_a_scalar_at_or_above_the_order_is_refused(scalar: int) -> None:
    with pytest.raises(group.NoElement):
        group.decode_scalar(scalar.to_bytes(32, "little"))


@FEW
@given(SCALARS, SCALARS)
def test_multiples_add_up_as_scalars_do(one: int, other: int) -> None:
    total = group.add(group.multiply_base(one), group.multiply(other, group.BASE))
    assert group.encode(total) == group.encode(group.multiply_base(one + other))


@FEW
@given(SCALARS, SCALARS)
def test_both_sides_of_an_exchange_share_one_element(one: int, other: int) -> None:
    left = group.multiply(one, group.multiply_base(other))
    assert group.encode(left) == group.encode(group.multiply(other, group.multiply_base(one)))


@FEW
@given(st.lists(SCALARS, min_size=1, max_size=5), st.integers(1, 9))
def test_a_polynomial_of_elements_has_the_value_of_its_scalars(
    coefficients: list[int], at: int
) -> None:
    value = sum(each * at**power for power, each in enumerate(coefficients))
    elements = [group.multiply_base(each) for each in coefficients]
    assert group.encode(group.combine(elements, at)) == group.encode(group.multiply_base(value))
