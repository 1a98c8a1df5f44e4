"""Holding a conversation: what a turn wants, what is remembered, what is told and how it is checked."""
