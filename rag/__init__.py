"""Understanding a request, searching the one index, and talking about what was found."""
