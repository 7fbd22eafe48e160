"""Numbers of the README, as ratios measured side by side in one run."""
