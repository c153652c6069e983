"""Web pages of allowed hosts as readable text, and a search for them."""
