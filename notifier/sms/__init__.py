"""Short messages: texts that a provider has approved beforehand, and what kaohe may put into them."""
