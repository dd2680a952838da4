"""Nodes are upgraded one by one under load; rules come into force while releases differ."""

import pytest
from cluster import Cluster, cluster
from network import Node, bundle, sign_all
from newcomers import Load, change_settings, standing
from shelf import THINGS
from small import Small, put

from tongjian.core import values
from tongjian.engines.comet.releases import Lacking, RulesMissing, expect_rules, lacking_rules
from tongjian.engines.outcomes import Status
from tongjian.engines.trust import anchors_of
from tongjian.node.home import Home
from tongjian.services.membership.acts_rules import ActivateService
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import RowStatement, verify_receipt

__all__ = ["cluster"]


def activate(height: int) -> ActivateService:
    return ActivateService(service=values.name("shelf"), version=2, height=values.height(height))


def test_what_a_release_lacks_is_told_from_the_vote_on_and_stops_it_at_the_height(
    node: Node, town: Small
) -> None:
    assert lacking_rules(node.chain) == []
    first = node.chain.height + 110
    vote = town.envelope(activate(first), by=(0, 1))
    node.engine.block(bundle(vote))
    (lacking,) = lacking_rules(node.chain)
    assert lacking == Lacking("shelf", 2, 1, first)
    assert str(lacking) == (
        f"shelf has rule version 2 in force from block {first} on; this release knows 1"
    )
    for number in range(first - node.chain.height - 1):
        expect_rules(node.chain)
        node.engine.block(bundle(*sign_all(town, put(f"thing_{number}", 1))))
    with pytest.raises(RulesMissing, match="install a release that has it"):
        expect_rules(node.chain)
    with pytest.raises(ConnectionError):
        node.engine.block(bundle(*sign_all(town, put("late", 1))))
    assert isinstance(node.server.failure, RulesMissing)
    assert node.chain.height == first - 1


def upgrade(made: Cluster, number: int) -> None:
    """Stop a node, see the others go on, start it with the next release, see it follow."""
    made.stop(number)
    seen = max(made.heights())
    made.manners[number] = "next release"
    made.start(number)
    made.wait(lambda: made.heights()[number] > seen + 2, "the node to follow")


def amount_of(made: Cluster, number: int, thing: str) -> int:
    """Return the amount of a thing, as a node's receipt shows it."""
    client = made.client(number)
    shown = verify_receipt(client.ask("receipt", "row", THINGS.key(thing), -1), anchors(made))
    client.close()
    (statement,) = shown.statements
    assert isinstance(statement, RowStatement)
    amount: int = THINGS.codec.decode(statement.value).amount
    return amount


def anchors(made: Cluster) -> Anchors:
    """Return the trust file of a node, with the validators that the ledger names."""
    with Home(made.places[0].folder).open() as chain:
        return anchors_of(chain)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nodes_are_upgraded_one_by_one_and_the_last_one_after_the_rules_changed(
    cluster: Cluster,
) -> None:
    for place in cluster.places:
        change_settings(place.folder, snapshot_blocks=0)
    cluster.start()
    load = Load(cluster, 0, 1, 2)
    for number in range(3):
        upgrade(cluster, number)
    first = max(cluster.heights()) + 105
    vote = cluster.submit(activate(first), by=(0, 1), to=(0,))
    assert vote.status is Status.COMMITTED
    cluster.wait(lambda: "this release knows 1" in standing(cluster, 3)["rules_lacking"], "notice")
    cluster.wait(lambda: standing(cluster, 3)["alarm"], "the alarm of the old release")
    assert "install a release that has it" in standing(cluster, 3)["alarm"]
    assert standing(cluster, 3)["height"] == first - 1
    cluster.wait(lambda: cluster.heights()[0] > first + 3, "blocks by the new rules")
    cluster.stop(3)
    cluster.manners[3] = "next release"
    cluster.start(3)
    outcomes = load.end()
    cluster.agree()
    assert standing(cluster, 3)["alarm"] == standing(cluster, 3)["rules_lacking"] == ""
    assert {one.status for one in outcomes} == {Status.COMMITTED}
    heights = [one.height for one in outcomes]
    assert heights == sorted(heights)
    assert amount_of(cluster, 3, "load_0") == 0
    last = len(outcomes) - 1
    assert amount_of(cluster, 3, f"load_{last}") == last + 1000
