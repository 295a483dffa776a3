package suites

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// randomScenario returns a scenario of random records that refer to each other, with
// clients and senders. The same seed makes the same scenario. With plain, there are no
// syntax errors and no failures.
func randomScenario(seed uint64, cases int, plain bool) scenario {
	g := &recordGenerator{rand.New(rand.NewPCG(seed, 0)), plain}
	s := scenario{suite: fmt.Sprint("corpus ", seed), name: "random records", zone: zone{}}
	for i := range corpusNames {
		s.zone[name(i)] = g.node(i)
		s.zone[host(i)] = &zoneNode{records: append(g.addresses(), record{typ: "PTR", name: host(i)})}
	}
	for i := range corpusAddresses {
		n := &zoneNode{}
		for range g.IntN(4) {
			n.records = append(n.records, record{typ: "PTR", ttl: g.ttl(), name: g.anyName()})
		}
		s.zone[fmt.Sprintf("%d.2.0.192.in-addr.arpa", i)] = n
		s.zone[fmt.Sprintf("%d.2.0.192.in-addr.x.example", i)] = &zoneNode{records: g.addresses()}
	}
	s.zone["user.example"] = &zoneNode{records: g.addresses()}
	for i := range cases {
		c := suiteCase{
			name:     fmt.Sprint("case ", i),
			host:     g.address().String(),
			helo:     g.anyName(),
			mailFrom: g.pick("user", "other.user", "u-s-e-r", "a+b") + "@" + name(g.IntN(corpusNames)),
		}
		s.cases = append(s.cases, c)
	}
	return s
}

// The numbers of names, hosts and addresses in a scenario.
const (
	corpusNames     = 24
	corpusAddresses = 16
)

func name(i int) string { return fmt.Sprintf("n%d.example", i) }
func host(i int) string { return fmt.Sprintf("h%d.n%d.example", i, i/3) }

type recordGenerator struct {
	*rand.Rand
	plain bool
}

func (g *recordGenerator) pick(of ...string) string { return of[g.IntN(len(of))] }
func (g *recordGenerator) ttl() uint32              { return uint32(60 + g.IntN(7200)) }
func (g *recordGenerator) oneIn(n int) bool         { return g.IntN(n) == 0 }

func (g *recordGenerator) address() netip.Addr {
	if g.oneIn(3) {
		return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", g.IntN(corpusAddresses)))
	}
	return netip.MustParseAddr(fmt.Sprint("192.0.2.", g.IntN(corpusAddresses)))
}

func (g *recordGenerator) addresses() []record {
	var records []record
	for range 1 + g.IntN(4) {
		r := record{typ: "A", ttl: g.ttl(), addr: g.address()}
		if r.addr.Is6() {
			r.typ = "AAAA"
		}
		records = append(records, r)
	}
	return records
}

// anyName returns a name that exists, or sometimes one that does not.
func (g *recordGenerator) anyName() string {
	switch {
	case g.oneIn(30):
		return fmt.Sprintf("void%d.example", g.IntN(5))
	case g.oneIn(2):
		return name(g.IntN(corpusNames))
	}
	return host(g.IntN(corpusNames))
}

// node returns the data of name i: a record, mail hosts, addresses.
func (g *recordGenerator) node(i int) *zoneNode {
	n := &zoneNode{records: g.addresses()}
	for range g.IntN(4) {
		n.records = append(n.records, record{typ: "MX", ttl: g.ttl(), pref: uint16(g.IntN(3)), name: g.anyName()})
	}
	text := g.record(i)
	if !g.plain {
		switch g.IntN(40) {
		case 0: // a syntax error, most often
			at := g.IntN(len(text))
			text = text[:at] + string(rune(' '+g.IntN(95))) + text[at+1:]
		case 1:
			n.failure = g.pick("SERVFAIL", "TIMEOUT", "REFUSED")
			return n
		case 2:
			n.byType = map[string]string{g.pick("A", "AAAA", "MX"): "SERVFAIL"}
			n.records = nil
		case 3:
			n.records = append(n.records, record{typ: "TXT", ttl: g.ttl(), strings: []string{text}})
		case 4:
			return &zoneNode{records: []record{{typ: "CNAME", ttl: g.ttl(), name: name(g.IntN(corpusNames))}}}
		}
	}
	n.records = append(n.records, record{typ: "TXT", ttl: g.ttl(), strings: []string{text}})
	return n
}

// record is an SPF record for name i. It includes names of higher numbers
// most of the time, so that most checks come to an end.
func (g *recordGenerator) record(i int) string {
	terms := []string{"v=spf1"}
	for range g.IntN(5) {
		terms = append(terms, g.pick("", "", "", "-", "~", "?", "+")+g.mechanism(i))
	}
	switch g.IntN(6) {
	case 0:
		terms = append(terms, "redirect="+g.other(i))
	case 1:
	default:
		terms = append(terms, g.pick("-", "~", "?", "+")+"all")
	}
	if g.oneIn(3) {
		terms = append(terms, "exp="+g.pick("x.example", "%{d}", "%{ir}.%{v}.x.example"))
	}
	if g.oneIn(5) {
		terms = append(terms, g.pick("moo=cow", "ra=%{l}", "x-y.z="))
	}
	return strings.Join(terms, " ")
}

func (g *recordGenerator) other(i int) string {
	if !g.oneIn(10) && i+1 < corpusNames {
		return name(i + 1 + g.IntN(corpusNames-i-1))
	}
	return name(g.IntN(corpusNames))
}

func (g *recordGenerator) mechanism(i int) string {
	target := g.pick("", "", ":"+g.anyName(), ":"+g.anyName(), ":"+g.macro())
	length := g.pick("", "", "", fmt.Sprint("/", 26+g.IntN(7)), fmt.Sprint("//", 120+g.IntN(9)), "/30//126")
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf("ip4:192.0.2.%d/%d", g.IntN(corpusAddresses), 28+g.IntN(5))
	case 1:
		return fmt.Sprintf("ip6:2001:db8::%x/%d", g.IntN(corpusAddresses), 124+g.IntN(5))
	case 2:
		return "a" + target + length
	case 3:
		return "mx" + target + length
	case 4:
		return "ptr" + target
	case 5:
		return "exists:" + g.macro()
	default:
		return "include:" + g.other(i)
	}
}

func (g *recordGenerator) macro() string {
	macros := []string{"%{l}.example", "%{ir}.%{v}.x.example", "%{d}", "%{o}", "%{h}", "%{l1r.}.example",
		"%{l1r+-}.%{d1}", "%{o2}", "%{D2}", "%{i}.%{h}"}
	if !g.plain {
		macros = append(macros, "%{p}", "%{p2}.example", "x.%{p}", "%{s}.example", "%{l}..example", "%{S}%{S}.%{h}")
	}
	return g.pick(macros...)
}
