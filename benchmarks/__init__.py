"""What things cost here, beside the published arithmetic on the same machine in the same run."""
