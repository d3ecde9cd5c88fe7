"""HTTP: bodies, digests, retries, and resumable reads."""
