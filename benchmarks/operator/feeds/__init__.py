"""One module per source system: whom it saw (`sight`), what it writes down (`deliver`), its files (`write_files`)."""
