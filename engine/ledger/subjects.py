"""Whom rules can judge, in one place: their names, how they come on record, and how they are found again."""

from __future__ import annotations

from engine.ledger.expectations import Wish
from engine.ledger.lookup import Posting, agents, people_of, shop, shops
from engine.ledger.people import PersonRow, register_people
from engine.ledger.presence import ensure_agents, ensure_shops
from engine.ledger.registration import Registered, ShopRow, register_shops
from engine.ledger.subject_keys import agent_key, person_key, shop_key, team_key

__all__ = [
    "PersonRow",
    "Posting",
    "Registered",
    "ShopRow",
    "Wish",
    "agent_key",
    "agents",
    "ensure_agents",
    "ensure_shops",
    "people_of",
    "person_key",
    "register_people",
    "register_shops",
    "shop",
    "shop_key",
    "shops",
    "team_key",
]
