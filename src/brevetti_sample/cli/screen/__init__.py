"""What people see: notices, tables, progress; imports none of the other rooms of cli."""
