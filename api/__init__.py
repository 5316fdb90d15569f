"""The API over HTTP: thin routes over mdm.registry; one error handler; everything it serves comes from here."""
