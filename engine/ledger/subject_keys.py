"""The natural names of subjects: the same in every ledger, unlike their ids."""

from __future__ import annotations


def shop_key(platform: str, shop: str) -> str:
    """The natural name of a shop.

    >>> shop_key("xiaohongshu", "s1")
    'shop:xiaohongshu/s1'
    """
    return _key("shop", platform, shop)


def agent_key(platform: str, shop: str, agent: str) -> str:
    """The natural name of an agent, that is, of a shop's sub-account.

    >>> agent_key("xiaohongshu", "s1", "early/1")
    'agent:xiaohongshu/s1/early%2F1'
    """
    return _key("agent", platform, shop, agent)


def person_key(person: str) -> str:
    """The natural name of a person.

    >>> person_key("zhang")
    'person:zhang'
    """
    return _key("person", person)


def team_key(team: str) -> str:
    """The natural name of a team.

    >>> team_key("early")
    'team:early'
    """
    return _key("team", team)


def _key(kind: str, *parts: str) -> str:
    # A slash within a part must not look like one between two parts.
    return f"{kind}:" + "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)
