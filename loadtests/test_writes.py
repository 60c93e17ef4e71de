"""What may be written, and under which key."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.target import Writes
from loadtests.api.ofbiz import OrderLine
from loadtests.writes import LONGEST_KEY, Allowed, Declaration, keys, run_prefix
from reports.evidence import order_digest

WRITES = Writes(prefix="GD", product_store_id="STORE", facility_ids=("F1", "F2"), product_ids=("P1", "P2", "P3", "P4"))
ORDER = Declaration("order", "OrderHeader.externalId", ("primary",))
ALLOWED = Allowed(WRITES, "GD7K3Q")


@given(workers=st.sets(st.integers(0, 1023), min_size=2, max_size=5), seed=st.integers(0), at_us=st.integers(0, 2**60))
def test_keys_are_unique_across_workers_and_short_enough(workers: set[int], seed: int, at_us: int) -> None:
    """OrderHeader.externalId holds 20 characters, and every key begins with the run's prefix."""
    prefix = run_prefix("GD", seed, at_us)
    made = [key for worker in workers for key in itertools.islice(keys(prefix, worker), 200)]
    assert len(set(made)) == len(made)
    assert all(key.startswith(prefix) and len(key) <= LONGEST_KEY for key in made)


def test_two_runs_with_one_seed_have_two_prefixes() -> None:
    """Else the second run's orders would be duplicates of the first's."""
    assert run_prefix("GD", 1, 1_000_000) != run_prefix("GD", 1, 2_000_000)


def test_an_order_is_its_lines() -> None:
    """The digest in the ledger is the one that is read back, and the amount is the sum."""
    lines = ALLOWED.lines(random.Random(1))
    intent = ALLOWED.order_intent(ORDER, "GD7K3Q1", lines)
    assert intent.amount_minor == sum(line.quantity * line.price_minor for line in lines)
    rows = [(line.product_id, line.quantity, line.price_minor) for line in lines]
    assert intent.digest == order_digest("GD7K3Q1", rows, intent.amount_minor)


@pytest.mark.parametrize(
    ("key", "product", "facility"),
    [
        pytest.param("XX1", "P1", "F1", id="foreign prefix"),
        pytest.param("GD7K3Q1", "REAL", "F1", id="foreign product"),
        pytest.param("GD7K3Q1", "P1", "REAL", id="foreign facility"),
    ],
)
def test_nothing_outside_the_targets_writes_is_written(key: str, product: str, facility: str) -> None:
    """A journey that would do so fails before anything is sent."""
    with pytest.raises(AssertionError):
        ALLOWED.stock_intent(Declaration("stock_delta", "x", ("primary",)), key, facility, product, 1)


def test_an_order_for_a_foreign_product_is_not_written() -> None:
    """As above, for orders."""
    with pytest.raises(AssertionError):
        ALLOWED.order_intent(ORDER, "GD7K3Q1", [OrderLine("REAL", 1, 100)])
