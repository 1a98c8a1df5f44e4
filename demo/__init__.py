"""The demo catalogue: films written for Matinee, and posters drawn for them at build time."""
