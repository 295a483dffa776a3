package policy

import (
	"net/netip"
	"strings"
	"time"

	"policyd-spf/internal/lru"
	"policyd-spf/spf"
)

// The limits of the verdict cache. The other recipients of a message, the next
// messages of a list and a client's second attempt come within minutes; a
// process does not meet more than a thousand senders in that time.
const (
	maxVerdicts     = 1000
	maxVerdictBytes = 512 << 10
	maxVerdictSize  = maxVerdictBytes / 8 // a verdict of 64 kB must not evict all others
	verdictOverhead = 500                 // bytes of an entry besides its strings
)

// verdictCache keeps verdicts between requests, each for its TTL.
type verdictCache struct {
	entries *lru.Cache[verdictKey, cachedVerdict] // nil before the first put
}

// verdictKey is what every verdict depends on.
type verdictKey struct {
	client netip.Addr
	domain string
	limits spf.Limits
}

// cachedVerdict is a verdict and what else it may depend on.
type cachedVerdict struct {
	verdict      *spf.Verdict
	sender, helo string // with VaryLocalPart and VaryHELO only
	expires      time.Time
}

func verdictKeyOf(args spf.Args, limits spf.Limits) verdictKey {
	return verdictKey{args.IP.Unmap(), args.Domain, limits}
}

// get returns the verdict that holds for args, if there is one.
func (c *verdictCache) get(args spf.Args, limits spf.Limits, now time.Time) (spf.Verdict, bool) {
	if c.entries == nil {
		return spf.Verdict{}, false
	}
	v, ok := c.entries.Get(verdictKeyOf(args, limits))
	if !ok || !now.Before(v.expires) ||
		v.verdict.Vary&spf.VaryLocalPart != 0 && v.sender != args.Sender ||
		v.verdict.Vary&spf.VaryHELO != 0 && v.helo != args.HELO {
		return spf.Verdict{}, false
	}
	return *v.verdict, true
}

// put stores a verdict for its TTL. It replaces one for the same key, even if that
// depends on another sender or HELO name.
func (c *verdictCache) put(args spf.Args, limits spf.Limits, v spf.Verdict, now time.Time) {
	if v.TTL <= 0 || v.Result == spf.Temperror {
		return
	}
	// The strings are parts of the request, all of which would stay in memory.
	args.Domain, v.Domain = strings.Clone(args.Domain), strings.Clone(v.Domain)
	entry := cachedVerdict{verdict: &v, expires: now.Add(v.TTL)}
	if v.Vary&spf.VaryLocalPart != 0 {
		entry.sender = strings.Clone(args.Sender)
	}
	if v.Vary&spf.VaryHELO != 0 {
		entry.helo = strings.Clone(args.HELO)
	}
	key := verdictKeyOf(args, limits)
	if verdictSize(key, entry) > maxVerdictSize {
		return
	}
	if c.entries == nil {
		c.entries = lru.New(maxVerdicts, maxVerdictBytes, verdictSize)
	}
	c.entries.Put(key, entry)
}

// verdictSize estimates the bytes that an entry occupies.
func verdictSize(key verdictKey, entry cachedVerdict) int {
	v := entry.verdict
	return verdictOverhead + len(key.domain) + len(entry.sender) + len(entry.helo) +
		len(v.Explanation) + len(v.Domain) + len(v.Record) + len(v.Term) + len(v.Root)
}
