"""The paths, one module per thing asked for; each a few lines over mdm.registry."""
