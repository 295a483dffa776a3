package policy

import (
	"net/netip"
	"strings"
	"time"

	"policyd-spf/spf"
)

// The limits of the verdicts kept. The other recipients of a message, the next
// messages of a list and a client's second try come within minutes; a thousand
// senders are more than a process meets in that time.
const (
	maxVerdicts     = 1000
	maxVerdictBytes = 512 << 10
	verdictBytes    = 500 // of an entry beside its texts
)

// verdicts keeps verdicts between requests, each for its TTL. It has two
// generations: when the young one is full, it becomes the old one, whose
// verdicts are forgotten unless they have been used since.
type verdicts struct {
	young, old map[verdictKey]*keptVerdict
	bytes      int // of young
}

// verdictKey is what every verdict depends on.
type verdictKey struct {
	client netip.Addr
	domain string
	voids  int // the limit
}

// keptVerdict is a verdict and what it may depend on beside its key.
type keptVerdict struct {
	verdict      spf.Verdict
	sender, helo string
	expires      time.Time
}

func keyOf(query spf.Args, voids int) verdictKey {
	return verdictKey{query.IP.Unmap(), query.Domain, voids}
}

// get gives the verdict for a query, if one is kept that holds for it.
func (c *verdicts) get(query spf.Args, voids int, now time.Time) (spf.Verdict, bool) {
	key := keyOf(query, voids)
	kept, young := c.young[key]
	if !young {
		if kept = c.old[key]; kept == nil {
			return spf.Verdict{}, false
		}
	}
	vary := kept.verdict.Vary
	if !now.Before(kept.expires) ||
		vary&spf.VaryLocalPart != 0 && kept.sender != query.Sender ||
		vary&spf.VaryHELO != 0 && kept.helo != query.HELO {
		return spf.Verdict{}, false
	}
	if !young {
		key.domain = strings.Clone(key.domain) // it is a part of the request
		c.keep(key, kept)
	}
	return kept.verdict, true
}

// put keeps a verdict for as long as it says. One for the same key, with other
// things that it depends on, makes room for it.
func (c *verdicts) put(query spf.Args, voids int, v spf.Verdict, now time.Time) {
	if v.TTL <= 0 || v.Result == spf.Temperror {
		return
	}
	// Nothing kept may be a part of the request, which would be kept whole.
	query.Domain, v.Domain = strings.Clone(query.Domain), strings.Clone(v.Domain)
	kept := &keptVerdict{verdict: v, expires: now.Add(v.TTL)}
	if v.Vary&spf.VaryLocalPart != 0 {
		kept.sender = strings.Clone(query.Sender)
	}
	if v.Vary&spf.VaryHELO != 0 {
		kept.helo = strings.Clone(query.HELO)
	}
	c.keep(keyOf(query, voids), kept)
}

func (c *verdicts) keep(key verdictKey, kept *keptVerdict) {
	v := &kept.verdict
	size := verdictBytes + len(key.domain) + len(kept.sender) + len(kept.helo) +
		len(v.Explanation) + len(v.Domain) + len(v.Record) + len(v.Term) + len(v.Root)
	if size > maxVerdictBytes/8 { // one of 64 kB must not push out all others
		return
	}
	if len(c.young) >= maxVerdicts/2 || c.bytes+size > maxVerdictBytes/2 {
		c.old, c.young, c.bytes = c.young, nil, 0
	}
	if c.young == nil {
		c.young = make(map[verdictKey]*keptVerdict)
	}
	c.young[key] = kept
	c.bytes += size
}
