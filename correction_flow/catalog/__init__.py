"""Archives, series and items: what the publishers say, and what we carry on top."""
