package lint

import (
	"errors"
	"net/netip"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// Effect is the set of client addresses for each spf.Result. Together the sets contain
// all addresses. The processing limits on lookups are not part of it.
type Effect [spf.Permerror + 1]IPSet

// maxEffectWork bounds the time for an effect: the number of ranges that are read
// for all terms together. A record whose terms alternate between Pass and Fail
// costs the square of its length. Terms beyond that are left out.
const maxEffectWork = 2_000_000

// effectOf returns the effect of a record. clientTerms reports whether terms that
// depend on the client, by macros or ptr, match everybody; otherwise they match
// nobody.
func effectOf(r *Record, clientTerms bool) Effect { return *newEffects(clientTerms).record(r) }

func newEffects(clientTerms bool) *effects {
	return &effects{clientTerms: clientTerms, known: make(map[*Record]*Effect)}
}

// effects computes the effects of records. Each record is evaluated once, for all
// addresses.
type effects struct {
	clientTerms bool
	known       map[*Record]*Effect // nil for a record in evaluation
	work        int                 // of maxEffectWork

	undecided map[*Term]bool  // terms that are left out
	reached   map[*Term]IPSet // the addresses that no term before them matches
}

// isClientTerm reports whether a term depends on the client by macros or ptr.
func isClientTerm(t *Term) bool {
	d, ok := t.Term.(*spf.Directive)
	return t.Macro || ok && d.Mechanism == spf.PTR
}

// isTruncated reports whether terms were left out.
func (e *effects) isTruncated() bool { return e.work >= maxEffectWork }

// record returns the effect of a record: check_host() (RFC 7208, 4.6).
func (e *effects) record(r *Record) *Effect {
	if known, ok := e.known[r]; ok {
		if known == nil {
			return uniform(spf.Permerror) // a loop runs into the limit (RFC 7208, 4.6.4)
		}
		return known
	}
	e.known[r] = nil
	out := e.evaluate(r)
	e.known[r] = out
	return out
}

// uniform returns the effect of one result for everybody.
func uniform(result spf.Result) *Effect {
	var out Effect
	out[result] = allAddresses()
	return &out
}

// evaluate is record without a memory of r.
func (e *effects) evaluate(r *Record) *Effect {
	switch {
	case r.Err != nil:
		return uniform(errorResult(r.Err))
	case r.Record == nil:
		return uniform(spf.None)
	}
	var out Effect
	rest := allAddresses()
	take := func(result spf.Result, set IPSet) {
		if set.IsEmpty() {
			return
		}
		e.work += len(rest.ranges) + len(out[result].ranges) + len(set.ranges)
		out[result] = out[result].Union(rest.Intersect(set))
		rest = rest.Difference(set)
	}
	terms := r.Terms
	for i := 0; i < len(terms) && e.work < maxEffectWork; i++ {
		t := terms[i]
		if e.undecided[t] {
			e.reached[t] = rest
			continue
		}
		d, ok := t.Term.(*spf.Directive)
		if !ok {
			for result, set := range e.target(t) {
				take(spf.Result(result), set)
			}
			return &out
		}
		if d.Addr.IsValid() { // networks in a row are one set
			networks := networksOf(d, t)
			for ; i+1 < len(terms); i++ {
				next, ok := terms[i+1].Term.(*spf.Directive)
				if !ok || !next.Addr.IsValid() || next.Result() != d.Result() {
					break
				}
				networks = append(networks, networksOf(next, terms[i+1])...)
			}
			take(d.Result(), NewIPSet(networks...))
			continue
		}
		matched, errs := e.matches(d, t, r)
		for result, set := range errs {
			take(result, set)
		}
		take(d.Result(), matched)
	}
	take(spf.Neutral, allAddresses()) // RFC 7208, 4.7
	return &out
}

// matches returns the addresses that a directive matches, and those for which it
// ends the evaluation with an error.
func (e *effects) matches(d *spf.Directive, t *Term, r *Record) (matched IPSet, errs map[spf.Result]IPSet) {
	all := allAddresses()
	switch {
	case d.Mechanism == spf.All:
		return all, nil
	case isClientTerm(t):
		if e.clientTerms {
			return all, nil
		}
		return IPSet{}, nil
	case d.Mechanism == spf.Include && t.Target == r.Domain:
		return IPSet{}, map[spf.Result]IPSet{spf.Permerror: all}
	case d.Mechanism == spf.Include:
		target := e.target(t)
		return target[spf.Pass], map[spf.Result]IPSet{spf.Permerror: target[spf.Permerror], spf.Temperror: target[spf.Temperror]} // RFC 7208, 5.2
	}
	errs = make(map[spf.Result]IPSet)
	for _, l := range t.Lookups {
		set := all
		switch {
		case d.Mechanism == spf.Exists && l.Err == nil:
			if l.Answer.Void() {
				return IPSet{}, nil
			}
			return all, nil
		case l.Question.Type == dns.TypeA && d.Mechanism != spf.Exists:
			set = NewIPSet(netip.PrefixFrom(netip.IPv4Unspecified(), 0))
		case l.Question.Type == dns.TypeAAAA:
			set = NewIPSet(netip.PrefixFrom(netip.IPv6Unspecified(), 0))
		}
		if l.Err != nil {
			result := errorResult(l.Err)
			errs[result] = errs[result].Union(set)
		} else if l.Question.Type == dns.TypeMX && len(l.Answer.Names) > spf.MaxMXHosts {
			errs[spf.Permerror] = all // RFC 7208, 4.6.4
		}
	}
	return NewIPSet(networksOf(d, t)...), errs
}

// target returns the effect of the record that an include or redirect names. Where
// there is none, it is a permerror (RFC 7208, 5.2 and 6.1).
func (e *effects) target(t *Term) *Effect {
	switch {
	case t.Macro && e.clientTerms:
		return uniform(spf.Pass)
	case t.Macro:
		return uniform(spf.Fail)
	case t.Record == nil:
		return uniform(spf.Permerror)
	}
	out := *e.record(t.Record)
	out[spf.Permerror] = out[spf.Permerror].Union(out[spf.None])
	out[spf.None] = IPSet{}
	return &out
}

// errorResult returns the result of an error (RFC 7208, 2.6.6 and 2.6.7).
func errorResult(err error) spf.Result {
	var failed *dns.Error
	if errors.As(err, &failed) && failed.Kind != dns.TooManyCNAMEs {
		return spf.Temperror
	}
	return spf.Permerror
}
