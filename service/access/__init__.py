"""Who asks and how much: keys and their scopes, origins, limits and what counts them."""
