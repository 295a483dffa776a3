package suites

import (
	"slices"
	"time"

	"policyd-spf/spf/dns"
)

// zoneResolver is a resolver that answers from a zone without a network.
type zoneResolver struct {
	zone zone

	// cache has the answers so far, for benchmarks. nil: nothing is cached.
	cache map[dns.Question]dns.Answer
}

// Lookup implements dns.Resolver.
func (f *zoneResolver) Lookup(q dns.Question, _ time.Time) (dns.Answer, error) {
	if a, ok := f.cache[q]; ok {
		return a, nil
	}
	r := f.zone.answer(q.Name, q.Type.String())
	switch r.rcode {
	case 0, 3:
	case noReply:
		return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
	default:
		return dns.Answer{}, &dns.Error{Kind: dns.BadRcode, Question: q, Rcode: r.rcode}
	}
	a := dns.Answer{NXDomain: r.rcode == 3, TTL: time.Hour}
	least := func(ttl uint32) { a.TTL = min(a.TTL, time.Duration(ttl)*time.Second) }
	for _, c := range r.aliases {
		least(c.ttl)
	}
	slices.SortStableFunc(r.records, func(x, y record) int { return int(x.pref) - int(y.pref) })
	for _, rr := range r.records {
		least(rr.ttl)
		switch rr.typ {
		case "TXT":
			a.TXT = append(a.TXT, rr.strings)
		case "A", "AAAA":
			a.Addrs = append(a.Addrs, rr.addr)
		default:
			a.Names = append(a.Names, normalizeName(rr.name))
		}
	}
	if f.cache != nil {
		f.cache[q] = a
	}
	return a, nil
}
