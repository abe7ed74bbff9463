"""People on duty on the wall: where they are, who is missing, and a shift played again."""
