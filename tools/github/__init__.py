"""GitHub: issues, pull requests, commits, deployments, workflow runs, files, code search; comments, labels, issues, runs again."""
