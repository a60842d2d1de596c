"""Jobs: steps with undo, their runner, operations and recipes. Imports the model; reaches hosts and journal by ports."""
