package cli

// Probe is replaced by the real thing.
func (p *Program) Probe(o *Options) int { return StatusFailed }
