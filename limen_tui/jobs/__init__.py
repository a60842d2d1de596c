"""Jobs: steps with undo, their runner, operations, recipes. Imports the model; reaches hosts and journal by ports."""
