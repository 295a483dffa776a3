package spf

import (
	"context"
	"io"
	"os"
	"strings"
)

// Zone answers from a master file (RFC 1035, 5), so that records can be tried
// before they are published. Wildcards and aliases are followed as name servers
// do (RFC 4592; RFC 1034, 3.6.2).
//
// A name with NS records below one with a SOA record is delegated, and nobody
// is there to be asked: it, and what is below it, fails with SERVFAIL.
type Zone struct {
	// Fallback is asked what the file has no data for, what is delegated
	// included. nil: nobody is.
	Fallback Resolver

	names map[string]records // an empty non-terminal has none
}

// ReadZone reads a master file. Names in it that do not end in a dot are below
// origin, "" for the root. Its errors name file, line and column.
func ReadZone(path, origin string) (*Zone, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ParseZone(f, origin, path)
}

// ParseZone is ReadZone for what is open already; file is its name for errors.
func ParseZone(r io.Reader, origin, file string) (*Zone, error) {
	names, err := readMaster(r, origin, file)
	if err != nil {
		return nil, err
	}
	for name := range names {
		for name != "" { // RFC 4592, 2.2.2: what a name is below exists
			name = parent(name)
			if _, exists := names[name]; exists {
				break
			}
			names[name] = nil
		}
	}
	return &Zone{names: names}, nil
}

// Lookup answers from the file, or else asks Fallback.
func (z *Zone) Lookup(ctx context.Context, q Question) (Answer, error) {
	if over(ctx) {
		return Answer{}, &DNSError{Kind: DNSOutOfTime, Question: q}
	}
	if !encodable(q.Name) {
		return Answer{NXDomain: true, File: true}, nil
	}
	name, ttl := q.Name, maxTTL
	t := trail{q.Name}
	var sent records
	for {
		authority, delegated := z.authority(name)
		owner, exists := z.find(name)
		var rrs records
		if !delegated {
			rrs = z.names[owner]
		}
		if data := rrs.of(q.Type); len(data) > 0 {
			return answer(q, rcodeSuccess, append(sent, data.at(name)...), nil)
		}
		alias := rrs.of(typeCNAME).at(name)
		switch {
		case len(alias) > 0:
			sent = append(sent, alias...)
			target, aliasTTL := alias.alias()
			if circle, err := t.add(target); circle || target == "" || err != nil {
				return Answer{File: true}, err
			}
			name, ttl = target, min(ttl, aliasTTL)
		case z.Fallback != nil:
			a, err := z.Fallback.Lookup(ctx, Question{name, q.Type})
			a.TTL = min(ttl, a.TTL)
			return a, err
		case delegated:
			return Answer{File: true}, &DNSError{Kind: DNSRcode, Question: q, Rcode: rcodeServFail}
		case exists:
			return answer(q, rcodeSuccess, sent, authority)
		default:
			return answer(q, rcodeNXDomain, sent, authority)
		}
	}
}

// answer gives what a Client would make of the message that a name server sends.
func answer(q Question, rcode int, sent, authority records) (Answer, error) {
	m, err := sent.message(q, rcode, authority)
	if err != nil {
		return Answer{}, &DNSError{Kind: DNSMalformed, Question: q, Err: err}
	}
	r, err := unpack(m, q)
	if err != nil {
		return Answer{}, &DNSError{Kind: DNSMalformed, Question: q, Err: err}
	}
	if r.open {
		r.answer.TTL = 0 // the file has no SOA record; nobody is asked on
	}
	r.answer.File = true
	return r.answer, nil
}

// find gives the name in the file whose records are those of name: itself, or
// the wildcard below its closest encloser (RFC 4592, 3.3.1).
func (z *Zone) find(name string) (owner string, exists bool) {
	if _, exists = z.names[name]; exists || name == "" {
		return name, exists
	}
	encloser := parent(name)
	for encloser != "" {
		if _, exists = z.names[encloser]; exists {
			break
		}
		encloser = parent(encloser)
	}
	owner = strings.TrimSuffix("*."+encloser, ".")
	_, exists = z.names[owner]
	return owner, exists
}

// authority gives the SOA record of the zone that name is in, if the file has
// one, and tells whether that zone delegates it to other servers.
func (z *Zone) authority(name string) (soa records, delegated bool) {
	for {
		rrs := z.names[name]
		if soa = rrs.of(typeSOA); len(soa) > 0 || name == "" {
			return soa, delegated && len(soa) > 0
		}
		delegated = delegated || len(rrs.of(typeNS)) > 0
		name = parent(name)
	}
}

// parent gives the name without its first label.
func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}
