"""Tests. A package, so that they can share films, encoders and fixtures by name (`tests.films`)."""
