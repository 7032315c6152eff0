"""Which internet addresses are public."""

from __future__ import annotations

import ipaddress

__all__ = ["is_public"]

#: Prefixes under which IPv6 carries IPv4 addresses, and how many bits stand before these.
_CARRIERS = (
    (ipaddress.IPv6Network("::/96"), 96),  # IPv4-compatible, long out of use
    (ipaddress.IPv6Network("::ffff:0:0/96"), 96),  # IPv4-mapped
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 96),  # IPv4-translated (RFC 2765)
    (ipaddress.IPv6Network("64:ff9b::/96"), 96),  # NAT64 (RFC 6052)
    (ipaddress.IPv6Network("2002::/16"), 16),  # 6to4
)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    Parameters
    ----------
    address : str
        As `socket.getaddrinfo` gives it.

    Returns
    -------
    bool
        False for loopback, private, shared, link-local, reserved, documentation and multicast addresses, also where an
        IPv6 address carries such an IPv4 address; and for what is no IP address.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return False
        for network, bits in _CARRIERS:
            if ip in network:
                return is_public(str(ipaddress.IPv4Address((int(ip) >> (96 - bits)) & 0xFFFF_FFFF)))
        # Teredo hides a server and a client; local deployments of NAT64 may lead anywhere.
        if ip.teredo is not None or ip in ipaddress.IPv6Network("64:ff9b:1::/48") or ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local)
