"""The soak in its short form, and proof that its verdict can fail."""
