"""Recipes: what a job is made of, one file each. Named for what they do."""
