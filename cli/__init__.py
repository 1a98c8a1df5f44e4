"""The `matinee` command: arguments in, calls to the other rooms, tables or JSON out."""
