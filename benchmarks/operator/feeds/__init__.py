"""One module per source system: whom it has seen (`sight`), what it writes down (`deliver`), the file it sends (`write`)."""
