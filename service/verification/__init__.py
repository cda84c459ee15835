"""Whether a sentence may be told: what its sources bear out, whether it answers, and how sure the whole is."""
