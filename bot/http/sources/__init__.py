"""Who may call `/webhooks/NAME`, one file for each kind: how a call proves where it comes from, and which alerts it tells of."""
