def feed_items(page, blocks): return []
