package dns

import (
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// Zone is a Resolver that answers from a zone file (RFC 1035, 5), so that records
// can be tried before they are published. It follows wildcards and aliases as name
// servers do (RFC 4592; RFC 1034, 3.6.2; RFC 6672).
//
// A name with NS records below a name with a SOA record is delegated. Lookups of it
// and of its subdomains fail with SERVFAIL.
//
// A Zone may be used by several goroutines if Fallback may.
type Zone struct {
	// Fallback, if not nil, is queried for delegated names and for what the file
	// has no data for.
	Fallback Resolver

	names  map[string]records // an empty non-terminal has no records
	origin string             // of relative names where the file has no $ORIGIN; "" is the root
}

// ReadZone reads a zone file. Names that do not end in a dot are relative to origin;
// "" is the root. Errors name file, line and column.
func ReadZone(path, origin string) (*Zone, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ParseZone(f, origin, path)
}

// ParseZone is ReadZone for an open file; file is its name in errors.
func ParseZone(r io.Reader, origin, file string) (*Zone, error) {
	names, err := parseZoneFile(r, origin, file)
	if err != nil {
		return nil, err
	}
	for name := range names {
		for name != "" { // RFC 4592, 2.2.2: the parents of a name exist
			name = parent(name)
			if _, exists := names[name]; exists {
				break
			}
			names[name] = nil
		}
	}
	return &Zone{names: names, origin: ToLower(strings.TrimSuffix(origin, "."))}, nil
}

// Lookup implements Resolver.
func (z *Zone) Lookup(q Question, deadline time.Time) (Answer, error) {
	if expired(deadline) {
		return Answer{}, &Error{Kind: OutOfTime, Question: q}
	}
	current, ttl := q, maxTTL
	chain := cnameChain{q.Name}
	var sent records
	for {
		delegated, negativeTTL := z.enclosingSOA(current.Name)
		owner, exists := z.ownerFor(current.Name)
		var rrs records
		if !delegated {
			rrs = z.names[owner]
		}
		a := Answer{FromFile: true, Alias: len(chain) > 1}
		found, dataTTL, err := a.extract(rrs, toPresentation(owner), q.Type)
		alias := rrs.cname(toPresentation(owner))
		if above, ok := z.dnameOwner(current.Name); ok && !delegated {
			// What is below a DNAME record does not exist (RFC 6672, 2.4).
			found, err = false, nil
			alias = z.names[above].synthesize(above, current.Name)
			if len(strings.TrimSuffix(unescape(alias.Target), ".")) > MaxNameLen {
				return Answer{FromFile: true}, &Error{Kind: BadRcode, Question: q, Rcode: rcodeYXDomain} // RFC 6672, 2.2
			}
		}
		switch {
		case err != nil:
			return Answer{}, &Error{Kind: Malformed, Question: q, Err: err}
		case found:
			a.TTL, a.Size = min(ttl, dataTTL), append(sent, rrs.ofType(q.Type)...).wireLen(q)
			return a, nil
		case alias != nil:
			sent = append(sent, alias)
			ttl = min(ttl, ttlDuration(alias.Hdr.Ttl))
			target, ok := fromPresentation(alias.Target)
			loop, tooLong := chain.add(target)
			switch {
			case tooLong:
				return Answer{}, &Error{Kind: TooManyCNAMEs, Question: q}
			case loop || !ok:
				return Answer{Size: sent.wireLen(q), FromFile: true}, nil
			}
			current.Name = target
		case z.Fallback != nil:
			a, err := z.Fallback.Lookup(current, deadline)
			a.TTL = min(ttl, a.TTL)
			return a, err
		case delegated:
			return Answer{FromFile: true}, &Error{Kind: BadRcode, Question: q, Rcode: rcodeServFail}
		default:
			return Answer{NXDomain: !exists, TTL: min(ttl, negativeTTL), Size: sent.wireLen(q), Alias: a.Alias, FromFile: true}, nil
		}
	}
}

// dnameOwner returns the name above name that has a DNAME record, the nearest to
// the root if there are several.
func (z *Zone) dnameOwner(name string) (owner string, ok bool) {
	for name != "" {
		name = parent(name)
		if z.names[name].synthesize(name, name) != nil {
			owner, ok = name, true
		}
	}
	return owner, ok
}

// ownerFor returns the name in the file whose records answer for name: itself, or
// the wildcard below its closest encloser (RFC 4592, 3.3.1).
func (z *Zone) ownerFor(name string) (owner string, exists bool) {
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

// enclosingSOA reports whether name is delegated to other servers, and returns the
// TTL of negative answers in its zone.
func (z *Zone) enclosingSOA(name string) (delegated bool, negativeTTL time.Duration) {
	for {
		rrs := z.names[name]
		if ttl, ok := rrs.negativeTTL(); ok {
			return delegated, ttl
		}
		if name == "" {
			return false, 0
		}
		delegated = delegated || len(rrs.ofType(typeNS)) > 0
		name = parent(name)
	}
}

// parent returns name without its first label.
func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	return rest
}

// Hint returns a sentence for people if the file has no records, or if it seems to lack
// an $ORIGIN directive or the final dots of its names; "" otherwise.
func (z *Zone) Hint() string {
	if len(z.names) == 0 {
		return "the file has no records"
	}
	doubled, top := "", ""
	hasBelow := make(map[string]bool) // top-level labels with names below them
	names := slices.Sorted(maps.Keys(z.names))
	for _, name := range names {
		if at := strings.LastIndexByte(name, '.'); at >= 0 {
			hasBelow[name[at+1:]] = true
		}
	}
	for _, name := range names {
		rrs := z.names[name]
		if len(rrs) == 0 {
			continue
		}
		for _, n := range append(rrs.targets(), name) {
			if doubled == "" && isDoubled(n) {
				doubled = n
			}
		}
		if name == "" {
			top = "the root"
		} else if top == "" && !strings.Contains(name, ".") && !hasBelow[name] && name != "localhost" {
			top = "the top-level name " + name
		}
	}
	switch {
	case doubled != "":
		return doubled + " repeats its last labels, as a name that lacks its final dot does: end absolute names in a dot, or leave the domain out"
	case top != "" && z.origin == "":
		return "the file has records for " + top + ", and no domain; if its $ORIGIN is missing, add a line such as $ORIGIN example.com. or use --origin example.com"
	}
	return ""
}

// isDoubled reports whether the last labels of a name are there twice, as in
// www.example.com.example.com.
func isDoubled(name string) bool {
	labels := strings.Split(name, ".")
	for n := 1; 2*n <= len(labels); n++ {
		if end := labels[len(labels)-n:]; slices.Equal(end, labels[len(labels)-2*n:len(labels)-n]) {
			return true
		}
	}
	return false
}
