"""HTTP: bodies, digests, retries, and reads that go on where they broke off."""
