"""The chat page, and the client of the HTTP API that it and others use."""
