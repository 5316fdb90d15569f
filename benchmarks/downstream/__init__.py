"""How fast the warehouse is exported and subscribers are told, beside baselines of the same run."""
