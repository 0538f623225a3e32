"""By what a client is counted: one subscriber is one, however many addresses they have."""

import pytest

from correction_flow.core.rate import network


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("2001:DB8:1:2:0::1", "2001:db8:1:2::9", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        (None, "unknown", False),
    ],
)
def test_addresses_of_one_subscriber_are_counted_together(one, other, same):
    assert (network(one) == network(other)) is same
