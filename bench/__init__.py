"""What Tongjian reaches on this machine, beside the limit of its cores and a plain database."""
