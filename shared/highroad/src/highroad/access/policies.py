"""The platform's four policies, as Cedar decides them.

Each allows one action to whom a product's grants name, unless others name them for the opposite. There is no `forbid`:
Cedar skips a policy that errs, and a `forbid` that is skipped would allow. Without any permit the answer is no.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from highroad.access import ACTIONS

POLICIES = "\n".join(
    f'@id("{action}")\n'
    f'permit (principal, action == Action::"{action}", resource is Product)\n'
    f"when {{ principal in resource.{action} }}\n"
    f"unless {{ principal in resource.no_{action} }};"
    for action in ACTIONS
)
SCHEMA = f"""
entity Principal in [Principal];
entity Product = {{
{",".join(f"  {prefix}{action}: Set<Principal>" for action in ACTIONS for prefix in ("", "no_"))}
}};
action {", ".join(ACTIONS)} appliesTo {{ principal: [Principal], resource: [Product] }};
"""


class Verdict(NamedTuple):
    """Whether the policies allow something, which of them do, and what went wrong."""

    allowed: bool
    policies: tuple[str, ...]
    errors: tuple[str, ...]


def decide(
    principal: str,
    ancestors: Iterable[str],
    action: str,
    product: str,
    named: Mapping[str, Iterable[str]],
) -> Verdict:
    """Ask Cedar; whatever errs is a no.

    Args:
        principal: Who asks.
        ancestors: All teams they are in.
        action: What they want to do.
        product: With which product.
        named: Whom its grants name, by `read`, `no_read` and so on; only those of the action are looked at.
    """
    import cedarpy

    parents = [_id(each) for each in ancestors]
    attributes = {
        key: [{"__entity": _id(one)} for one in named.get(key, ())]
        for key in (action, f"no_{action}")
    }
    entities = [
        {"uid": _id(principal), "attrs": {}, "parents": parents},
        {"uid": {"type": "Product", "id": product}, "attrs": attributes, "parents": []},
    ]
    request = {
        "principal": {"type": "Principal", "id": principal},
        "action": {"type": "Action", "id": action},
        "resource": {"type": "Product", "id": product},
    }
    try:
        answer = cedarpy.is_authorized(request, _policies(), json.dumps(entities))
    except ValueError as error:
        return Verdict(False, (), (str(error),))
    about = answer.diagnostics
    ids = tuple(about.id_annotations_by_reason.get(each, each) for each in about.reasons)
    return Verdict(answer.allowed and not about.errors, ids, tuple(map(str, about.errors)))


def _id(name: str) -> dict[str, str]:
    return {"type": "Principal", "id": name}


@cache
def _policies() -> Any:
    import cedarpy

    return cedarpy.PolicySet.from_str(POLICIES)
