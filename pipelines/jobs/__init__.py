"""What runs on a schedule: which jobs there are, the worker that does them, whom it tells of failures."""
