"""What can be asked of a connected host, by object family: one Protocol a file. Pure."""
