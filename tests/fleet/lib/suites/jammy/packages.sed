# Its polkit has one package for the daemon and its tools.
s/\bpolkitd\b/policykit-1/
