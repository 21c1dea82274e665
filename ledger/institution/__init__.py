"""What the processes of institutions (custodians, contributors) share: a folder, a journal, a way to ask a platform."""
