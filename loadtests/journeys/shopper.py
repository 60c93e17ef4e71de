"""A shopper in the storefront: which stores are near, and do they have it. Reads only, nobody logs in."""

from locust import task

from loadtests.api import ofbiz
from loadtests.user import LoadUser

# Shoppers live around these cities.
CITIES = ((40.7128, -74.0060), (34.0522, -118.2437), (41.8781, -87.6298), (29.7604, -95.3698))


class Shopper(LoadUser):
    """storeLookup, then checkInventory, and again."""

    journey = "shopper"
    endpoints = ("POST /api/storeLookup", "POST /api/checkInventory")

    @task
    def turn(self) -> None:
        """Look for stores, or for stock."""
        if self.step == 0:
            latitude, longitude = self.rng.choice(CITIES)
            call = ofbiz.store_lookup(latitude + self.rng.uniform(-0.2, 0.2), longitude + self.rng.uniform(-0.2, 0.2))
        else:
            allowed = self.worker.allowed
            call = ofbiz.check_inventory([allowed.product(self.rng)], allowed.facility_ids)
        self.send(call)
