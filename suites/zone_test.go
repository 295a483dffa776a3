package suites

import (
	"fmt"
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"
	"gopkg.in/yaml.v3"
)

// zone is a suite's zonedata. Names are in lower case, without the final dot, and may
// contain any byte but the dot. Each name has a list of entries, each one of
//
//	{TXT: text} {TXT: [string, string]} {A: addr} {AAAA: addr}
//	{MX: [10, host]} {PTR: name} {CNAME: name} {SPF: text} {TTL: 60}
//	TIMEOUT | SERVFAIL | REFUSED | FORMERR | NOTIMP | NXDOMAIN
//	{TIMEOUT: true} ... {RCODE: 5}    the same as a map
//	{A: TIMEOUT} {TXT: SERVFAIL} ...  for questions of that type only
//	{TXT: NONE}                       no TXT, not even one made from SPF
//	{CNAMELOOP: true}                 a CNAME record that points to itself
//
// An SPF entry is served as TXT if the name has no TXT entry. A failure is the response
// for types of which the name has no records. "*" as the first label is a wildcard
// (RFC 4592).
type zone map[string]*zoneNode

type zoneNode struct {
	records []record
	failure string            // a key of failures, or a number; "" if none
	byType  map[string]string // failures of one type
}

// record is a resource record without its owner.
type record struct {
	typ     string // TXT, A, AAAA, MX, PTR, CNAME
	ttl     uint32
	strings []string   // TXT
	addr    netip.Addr // A, AAAA
	pref    uint16     // MX
	name    string     // MX, PTR, CNAME
}

// noReply stands for the RCODE of a server that does not respond.
const noReply = -1

var failures = map[string]int{
	"TIMEOUT": noReply, "SERVFAIL": dns.RcodeServerFailure, "REFUSED": dns.RcodeRefused,
	"FORMERR": dns.RcodeFormatError, "NOTIMP": dns.RcodeNotImplemented, "NXDOMAIN": dns.RcodeNameError,
}

func newZone(data map[string][]yaml.Node) (zone, error) {
	z := zone{}
	for name, entries := range data {
		n, err := newNode(name, entries)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		z[normalizeName(name)] = n
	}
	for name := range data { // empty non-terminals exist, too (RFC 4592, 2.2.2)
		for _, rest, ok := strings.Cut(normalizeName(name), "."); ok; _, rest, ok = strings.Cut(rest, ".") {
			if z[rest] == nil {
				z[rest] = &zoneNode{}
			}
		}
	}
	return z, nil
}

func newNode(name string, entries []yaml.Node) (*zoneNode, error) {
	n := &zoneNode{byType: map[string]string{}}
	ttl := defaultTTL(name)
	var fromSPF []record
	hasTXT := false
	for _, e := range entries {
		if e.Kind == yaml.ScalarNode {
			n.failure = e.Value
			continue
		}
		var fields map[string]yaml.Node
		if err := e.Decode(&fields); err != nil {
			return nil, err
		}
		for typ, value := range fields {
			_, failure := failures[value.Value]
			switch {
			case typ == "TTL":
				if err := value.Decode(&ttl); err != nil {
					return nil, err
				}
			case typ == "RCODE":
				n.failure = value.Value
			case typ == "CNAMELOOP":
				n.records = append(n.records, record{typ: "CNAME", ttl: ttl, name: normalizeName(name)})
			case isFailure(typ):
				n.failure = typ
			case failure:
				n.byType[typ] = value.Value
			case typ == "TXT" && value.Value == "NONE":
				hasTXT = true
			default:
				r, err := newRecord(typ, ttl, value)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", typ, err)
				}
				if typ == "SPF" {
					fromSPF = append(fromSPF, r)
					continue
				}
				hasTXT = hasTXT || typ == "TXT"
				n.records = append(n.records, r)
			}
		}
	}
	if !hasTXT {
		n.records = append(n.records, fromSPF...)
	}
	return n, nil
}

func isFailure(word string) bool {
	_, ok := failures[word]
	return ok
}

// defaultTTL returns another TTL for each name, so that the smallest of several TTLs shows
// which answers were used.
func defaultTTL(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(normalizeName(name)))
	return 300 + h.Sum32()%3300
}

func newRecord(typ string, ttl uint32, value yaml.Node) (record, error) {
	r := record{typ: typ, ttl: ttl}
	var err error
	switch typ {
	case "TXT", "SPF":
		r.typ = "TXT"
		var texts stringList
		if err := value.Decode(&texts); err != nil {
			return r, err
		}
		for _, s := range texts {
			for ; len(s) > 255; s = s[255:] {
				r.strings = append(r.strings, s[:255])
			}
			r.strings = append(r.strings, s)
		}
	case "A", "AAAA":
		r.addr, err = netip.ParseAddr(value.Value)
	case "MX":
		if len(value.Content) != 2 {
			return r, fmt.Errorf("not [preference, host]")
		}
		if err := value.Content[0].Decode(&r.pref); err != nil {
			return r, err
		}
		err = value.Content[1].Decode(&r.name)
	case "PTR", "CNAME":
		err = value.Decode(&r.name)
	default:
		err = fmt.Errorf("unknown type")
	}
	r.name = strings.TrimSuffix(r.name, ".")
	return r, err
}

// normalizeName returns a name in the form of the zone's keys and of questions.
func normalizeName(name string) string {
	b := []byte(strings.TrimSuffix(name, "."))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// reply is the response of a zone to a question.
type reply struct {
	rcode   int // or noReply
	aliases []alias
	records []record // of the queried type
	loop    bool     // the aliases form a loop
}

// alias is a CNAME record with its owner.
type alias struct {
	owner string
	record
}

// answer looks a name up, following aliases.
func (z zone) answer(name, typ string) reply {
	var r reply
	for seen := map[string]bool{}; ; {
		if r.loop = seen[name]; r.loop {
			return r
		}
		seen[name] = true
		n := z.nodeFor(name)
		if n == nil {
			r.rcode = dns.RcodeNameError
			return r
		}
		var next *record
		for i, rr := range n.records {
			if rr.typ == typ {
				r.records = append(r.records, rr)
			} else if rr.typ == "CNAME" {
				next = &n.records[i]
			}
		}
		failure := n.byType[typ]
		if failure == "" && next == nil {
			failure = n.failure
		}
		switch {
		case r.records != nil:
			return r
		case failure != "":
			var known bool
			if r.rcode, known = failures[failure]; !known {
				r.rcode, _ = strconv.Atoi(failure)
			}
			return r
		case next == nil:
			return r
		}
		r.aliases = append(r.aliases, alias{name, *next})
		name = normalizeName(next.name)
	}
}

// nodeFor returns the node of a name: its own, or the wildcard below the closest encloser
// (RFC 4592).
func (z zone) nodeFor(name string) *zoneNode {
	if n := z[name]; n != nil {
		return n
	}
	for {
		_, rest, more := strings.Cut(name, ".")
		if z[rest] != nil || !more {
			return z["*."+rest]
		}
		name = rest
	}
}
