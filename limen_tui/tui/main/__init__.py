"""The main screen: totals, host tree, views, key bar."""
