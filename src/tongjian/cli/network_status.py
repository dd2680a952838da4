"""Where a node stands, who the members of its network are, and who of them broke the rules."""

import sys
from typing import Annotated, Any

import typer

from tongjian.cli.surface import Surface


def status(
    surface: Surface,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Print Prometheus metrics of the running node.")
    ] = False,
) -> None:
    """Say where this node stands, who the members are, and who of them broke the rules."""
    from tongjian.node.client import Client, NodeSilent
    from tongjian.node.home import Home
    from tongjian.node.metrics import write_metrics

    client = Client([surface.folder], 10)
    try:
        standing: dict[str, Any] = client.ask("standing")
    except NodeSilent:
        if metrics:
            raise
        standing = {"running": False}
    finally:
        client.close()
    if metrics:
        sys.stdout.write(write_metrics(standing))
        return
    members, incidents = _members(Home(surface.folder))
    if surface.as_json:
        surface.document({"node": standing, "members": members, "incidents": incidents})
        return
    told = [(name, value) for name, value in standing.items() if not isinstance(value, dict)]
    surface.pairs([(name.replace("_", " "), str(value)) for name, value in told])
    rows = [
        (m["peer"], m["validator"], m["office"], str(m["power"]), "this node" if m["this"] else "")
        for m in members
    ]
    surface.table(("peer", "validator", "office", "power", ""), rows)
    if incidents:
        surface.line("incidents", style="bold")
        surface.table(
            ("validator", "misdeed", "height", "office", "power", "evidence"),
            [
                (
                    one["validator"],
                    one["misdeed"],
                    str(one["height"]),
                    one["office"] or "",
                    f"{one['power_before']} → {one['power_after']}",
                    one["evidence"],
                )
                for one in incidents
            ],
        )


def _members(home: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the nodes and the incidents on the ledger."""
    from tongjian.core.validators import compute_address
    from tongjian.engines.comet.members import incidents_of, nodes_of, peer_id
    from tongjian.node.engine_home import EngineHome

    own = EngineHome(home.folder).node_public
    with home.open() as chain:
        members = [
            {
                "peer": peer_id(public),
                "validator": compute_address(node.public).hex(),
                "office": node.office,
                "power": int(node.power),
                "this": public == own,
            }
            for public, node in nodes_of(chain).items()
        ]
        incidents = [
            {
                "validator": validator,
                "misdeed": misdeed,
                "height": height,
                "office": row.office,
                "power_before": int(row.power_before),
                "power_after": int(row.power_after),
                "evidence": row.evidence.hex(),
            }
            for (validator, height, misdeed), row in incidents_of(chain).items()
        ]
    return members, incidents
