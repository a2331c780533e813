"""Why does this network not train? Proved by training it again with one thing changed."""
