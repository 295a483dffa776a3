package dns

import (
	"context"
	"io"
	"os"
	"strings"
	"time"
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
		return Answer{}, &Error{Kind: OutOfTime, Question: q}
	}
	asked, ttl := q, maxTTL
	t := trail{q.Name}
	var sent records
	for {
		delegated, negative := z.authority(asked.Name)
		owner, exists := z.find(asked.Name)
		var rrs records
		if !delegated {
			rrs = z.names[owner]
		}
		a := Answer{File: true}
		found, dataTTL, err := a.add(rrs, present(owner), q.Type)
		alias := rrs.canonical(present(owner))
		switch {
		case err != nil:
			return Answer{}, &Error{Kind: Malformed, Question: q, Err: err}
		case found:
			a.TTL, a.Size = min(ttl, dataTTL), append(sent, rrs.of(q.Type)...).message(q)
			return a, nil
		case alias != nil:
			sent = append(sent, alias)
			ttl = min(ttl, lifetime(alias.Hdr.Ttl))
			target, ok := wireName(alias.Target)
			circle, err := t.add(target)
			if e, ok := err.(*Error); ok {
				e.Question = q
			}
			if err != nil || circle || !ok {
				return Answer{Size: sent.message(q), File: true}, err
			}
			asked.Name = target
		case z.Fallback != nil:
			a, err := z.Fallback.Lookup(ctx, asked)
			a.TTL = min(ttl, a.TTL)
			return a, err
		case delegated:
			return Answer{File: true}, &Error{Kind: BadRcode, Question: q, Rcode: rcodeServFail}
		default:
			return Answer{NXDomain: !exists, TTL: min(ttl, negative), Size: sent.message(q), File: true}, nil
		}
	}
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

// authority tells whether name is delegated to other servers, or else for how
// long the zone that it is in lets it not exist.
func (z *Zone) authority(name string) (delegated bool, negative time.Duration) {
	for {
		rrs := z.names[name]
		if ttl, ok := rrs.negativeTTL(); ok {
			return delegated, ttl
		}
		if name == "" {
			return false, 0
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
