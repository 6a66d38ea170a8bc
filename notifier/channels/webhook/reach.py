"""Which addresses a web hook may connect to: the name in a URL may stand for any, and for another tomorrow."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network

from notifier.channels.http import IpAddress

_NAT64 = IPv6Network("64:ff9b::/96")


def may_reach(address: IpAddress, *, private: bool, plain: bool) -> bool:
    """Whether a letter may go there: one host of the internet; with `private` also this host and private networks.

    Without TLS (`plain`) only the latter.

    >>> from ipaddress import ip_address
    >>> may_reach(ip_address("::ffff:127.0.0.1"), private=False, plain=False)
    False
    """
    meant = _meant(address)
    if meant.is_multicast or meant.is_unspecified or meant.is_link_local:
        return False
    worldwide = meant.is_global and not meant.is_reserved and not getattr(meant, "is_site_local", False)
    return not plain if worldwide else private


def _meant(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
