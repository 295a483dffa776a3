package lint

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

const (
	randomProbes = 10_000 // random addresses at which records are compared
	maxProbes    = 60_000 // addresses in all: a few seconds of evaluation
)

// Equality is the outcome of a comparison of two records of one name.
type Equality struct {
	Probes     int         // evaluations that were compared
	Difference *Difference // the first difference; nil if there is none
	Incomplete bool        // there are too many networks to compare, or time ran out
}

// Difference is a client for which two records differ.
type Difference struct {
	Args          spf.Args
	Before, After spf.Verdict
}

// CompareText compares the domain's own record with another text in its place. It
// evaluates check_host() with both for the addresses at the boundaries of every
// network in the records, each plus and minus one, and for random ones of both
// families. Result, error and explanation must be the same. Only where the
// record is a permerror because of a limit on lookups (RFC 7208, 4.6.4) may the
// other one have the result that the record has without the limit.
//
// No lookup is made. A question that the audit did not look up, because it
// depends on the client, gets a random answer (data, no data or an error), the same
// for both.
func (s *Report) CompareText(ctx context.Context, text string) Equality {
	var e Equality
	c := &comparison{report: s, known: s.answers(), hosts: s.hostNames(), text: text}
	random := rand.New(rand.NewPCG(7208, uint64(len(text)))) // the same each time
	probes := s.probes(random)
	if len(probes) > maxProbes {
		return Equality{Incomplete: true}
	}
	senders := []string{"user@" + s.Domain, "", "other.user+tag@" + s.Domain}
	for i, ip := range probes {
		if ctx.Err() != nil {
			e.Incomplete = true
			return e
		}
		q := spf.Args{IP: ip, Domain: s.Domain, Sender: senders[i%len(senders)], HELO: fmt.Sprintf("mail%d.%s", i%4, s.Domain)}
		c.seed = uint64(i % 16)
		e.Probes++
		if before, after, ok := c.same(ctx, q); !ok {
			e.Difference = &Difference{q, before, after}
			return e
		}
	}
	return e
}

// probes returns the addresses at which records are compared.
func (s *Report) probes(random *rand.Rand) []netip.Addr {
	var networks []netip.Prefix
	for _, r := range s.Records {
		for _, t := range r.Terms {
			if d, ok := t.Term.(*spf.Directive); ok {
				networks = append(networks, networksOf(d, t)...)
			}
		}
	}
	seen := make(map[netip.Addr]bool)
	var probes []netip.Addr
	add := func(addrs ...netip.Addr) {
		for _, a := range addrs {
			if !seen[a] {
				seen[a] = true
				probes = append(probes, a)
			}
		}
	}
	for _, n := range networks {
		add(aroundRange(ipRange{n.Masked().Addr(), lastAddr(n)})...)
		if len(probes) > maxProbes {
			return probes
		}
	}
	for i := range randomProbes {
		var b [16]byte
		for k := range b {
			b[k] = byte(random.Uint32())
		}
		a := netip.AddrFrom16(b)
		if i%2 == 0 {
			a = netip.AddrFrom4([4]byte(b[:4]))
		}
		if i%4 > 1 && len(networks) > 0 { // within a network of the records
			a = randomIn(networks[random.IntN(len(networks))], b)
		}
		probes = append(probes, a)
	}
	return probes
}

// randomIn returns the address in a network that has the host bits of b.
func randomIn(n netip.Prefix, b [16]byte) netip.Addr {
	addr := n.Masked().Addr().AsSlice()
	for bit := n.Bits(); bit < n.Addr().BitLen(); bit++ {
		mask := byte(0x80 >> (bit % 8))
		addr[bit/8] |= b[bit/8] & mask
	}
	a, _ := netip.AddrFromSlice(addr)
	return a
}

// answers returns what the audit looked up.
func (s *Report) answers() map[dns.Question]Lookup {
	known := make(map[dns.Question]Lookup)
	for _, r := range s.Records {
		q := dns.Question{Name: r.Domain, Type: dns.TypeTXT}
		var failed *dns.Error
		l := Lookup{Question: q, Answer: r.Answer}
		if errors.As(r.Err, &failed) {
			l.Err = failed
		}
		known[q] = l
		if x := r.Explanation; x != nil && x.Lookup.Question.Name != "" {
			known[x.Lookup.Question] = x.Lookup
		}
		for _, t := range r.Terms {
			for _, l := range t.Lookups {
				known[l.Question] = l
			}
		}
	}
	return known
}

// hostNames returns names that clients may have: one that each ptr matches, and others.
func (s *Report) hostNames() []string {
	names := []string{"host." + s.Domain, "host.example.net"}
	for _, r := range s.Records {
		for _, t := range r.Terms {
			d, ok := t.Term.(*spf.Directive)
			if !ok || d.Mechanism != spf.PTR {
				continue
			}
			target := r.Domain
			if d.Domain != nil {
				target, _ = spf.ExpandName(d.Domain, s.Domain, r.Domain)
			}
			if name := "host." + target; target != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// comparison evaluates two records of one name.
type comparison struct {
	report *Report
	known  map[dns.Question]Lookup
	hosts  []string // names of clients
	text   string   // of the other record
	seed   uint64   // of random answers
}

// same reports whether both records have the same verdict for q.
func (c *comparison) same(ctx context.Context, q spf.Args) (before, after spf.Verdict, ok bool) {
	before = c.check(ctx, q, "", c.report.Limits)
	after = c.check(ctx, q, c.text, c.report.Limits)
	if isLookupLimit(before.Err) && !sameVerdict(before, after) {
		unlimited := spf.Limits{Lookups: 10 * maxCounted, VoidLookups: 10 * maxCounted}
		before = c.check(ctx, q, "", unlimited)
	}
	return before, after, sameVerdict(before, after)
}

// check evaluates check_host() with text as the domain's own record, the published
// one if it is "".
func (c *comparison) check(ctx context.Context, q spf.Args, text string, limits spf.Limits) spf.Verdict {
	checker := spf.Checker{Resolver: &recordedResolver{c, text, q.IP}, Limits: limits, Receiver: "mx.example.org"}
	return checker.CheckHost(ctx, q)
}

// isLookupLimit reports whether an error is that of a limit on lookups.
func isLookupLimit(err error) bool {
	var limit *spf.LimitError
	return errors.As(err, &limit) && (limit.Kind == spf.LookupLimit || limit.Kind == spf.VoidLookupLimit)
}

// sameVerdict reports whether what a receiver and a sender see is the same. The
// time in an explanation, %{t}, is not compared: both were made just now.
func sameVerdict(a, b spf.Verdict) bool {
	return a.Result == b.Result && errorKind(a.Err) == errorKind(b.Err) && withoutTime(a.Explanation) == withoutTime(b.Explanation)
}

// withoutTime replaces the current time, in seconds, within a text.
func withoutTime(text string) string {
	now := time.Now().Unix()
	for _, t := range []int64{now, now - 1} {
		text = strings.ReplaceAll(text, fmt.Sprint(t), "TIME")
	}
	return text
}

// errorKind returns a text for the kind of an error: what it is, not where.
func errorKind(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case *spf.LimitError:
		if isLookupLimit(err) {
			return "lookup limit" // it does not matter which limit is exceeded first
		}
		return fmt.Sprint("limit ", e.Kind)
	case *spf.RecordError:
		return fmt.Sprint("record ", e.Kind)
	case *spf.SyntaxError:
		return fmt.Sprint("syntax ", e.Kind)
	}
	return "DNS"
}

// recordedResolver answers from what the audit looked up, and at random for other
// questions.
type recordedResolver struct {
	*comparison
	text   string
	client netip.Addr
}

// Lookup implements dns.Resolver.
func (r *recordedResolver) Lookup(q dns.Question, _ time.Time) (dns.Answer, error) {
	if r.text != "" && q.Name == r.report.Domain && q.Type == dns.TypeTXT {
		a := txtAnswer(r.text)
		a.TTL = time.Hour
		return a, nil
	}
	if l, ok := r.known[q]; ok {
		return l.Answer, l.Err
	}
	return r.random(q)
}

// random returns an answer that depends on the question, the client and the seed
// only: data in half of the cases.
func (r *recordedResolver) random(q dns.Question) (dns.Answer, error) {
	h := fnv.New64a()
	fmt.Fprint(h, q, r.client, r.seed)
	sum := h.Sum64()
	pick := func(n int) int { // a linear congruential generator
		sum = sum*6364136223846793005 + 1442695040888963407
		return int(sum>>33) % n
	}
	switch pick(6) {
	case 0:
		return dns.Answer{}, &dns.Error{Kind: dns.Timeout, Question: q}
	case 1, 2:
		return dns.Answer{NXDomain: true, TTL: time.Hour}, nil
	}
	a := dns.Answer{TTL: time.Hour}
	switch q.Type {
	case dns.TypeA, dns.TypeAAAA:
		a.Addrs = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 2})}
		if q.Type == dns.TypeAAAA {
			a.Addrs[0] = netip.IPv6Loopback()
		}
		if pick(2) == 0 && r.client.Is4() == (q.Type == dns.TypeA) {
			a.Addrs = append(a.Addrs, r.client)
		}
	case dns.TypeMX, dns.TypePTR:
		a.Names = []string{r.hosts[pick(len(r.hosts))], r.hosts[pick(len(r.hosts))]}
	case dns.TypeTXT:
		texts := []string{"v=spf1 +all", "v=spf1 -all", "v=spf1 ?all", "v=spf1 a:%{i}.example.net ~all", "v=spf1 bad", "no record"}
		a.TXT = [][]string{{texts[pick(len(texts))]}}
	}
	slices.Reverse(a.Addrs)
	return a, nil
}
