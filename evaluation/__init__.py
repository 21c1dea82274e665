"""Who marks, and how: rule sets, marks as certificates, and the composition of all claims."""
