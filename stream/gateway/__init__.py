"""The gateway: webhooks of survey and help-desk systems become events on the two input topics."""
