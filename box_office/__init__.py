"""What a film may earn: features known before it opens, training, and forecasts with an interval."""
