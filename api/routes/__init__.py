"""One module per resource; each has `routes(services, allow)`. A route parses, calls and serialises."""
