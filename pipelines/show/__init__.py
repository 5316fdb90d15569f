"""What people see on a terminal: each module draws one document; none of them asks the store anything."""
