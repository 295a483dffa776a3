package dns

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// MaxCNAMEs is the number of CNAME records that may lie between a name and its data,
// across all the messages needed to follow them. RFC 1034, 3.6.2 discourages
// chains; ten is the limit that SPF checkers have always had.
const MaxCNAMEs = 10

// errNotSent is the state of a call whose current name has not been sent to any
// server yet.
var errNotSent = errors.New("query not sent yet")

// Call is a lookup in progress, or its outcome.
type Call struct {
	Question    Question
	Answer      Answer // valid once Done, if Err is nil
	Err         error
	Done        bool
	LastAttempt time.Time // when the last query was sent

	deadline time.Time
	once     bool // try one server, once

	chain cnameChain
	ttl   time.Duration // the smallest of the chain

	order    []*server // the servers, in the order in which to try them
	orderBuf [maxServers]*server
	attempt  int    // counts the attempts for the end of the chain
	bestErr  *Error // the most informative failure so far

	exchange // with the server of this attempt
}

// current returns the question to send: Question, or the one for the name at the end
// of the chain of aliases.
func (call *Call) current() Question {
	return Question{Name: call.chain[len(call.chain)-1], Type: call.Question.Type}
}

// advance updates a call with the result of its current exchange: a
// response, or an error. It returns when the call is done or waits for a server.
// Every change of a call's state happens here.
func (c *Client) advance(call *Call, r response, err error) {
	for err != errWouldBlock {
		var s *server
		if err != errNotSent {
			s = call.order[call.attempt%len(call.order)]
		}
		refusesEDNS := err == nil && (r.rcode == rcodeFormErr || r.rcode == rcodeNotImp || r.rcode == rcodeBadVers) // RFC 6891, 6.1.3 and 7
		if err == nil && call.udpSize == 0 && !refusesEDNS {
			s.noEDNS = true
		}
		switch {
		case err == errNotSent: // begin with the first server
			if call.chain == nil {
				call.chain, call.ttl = cnameChain{call.Question.Name}, maxTTL
			}
			switch {
			case !validName(call.current().Name):
				c.finish(call, Answer{NXDomain: true, TTL: maxTTL}, nil)
				return
			case expired(call.deadline):
				c.finish(call, Answer{}, &Error{Kind: OutOfTime, Question: call.Question})
				return
			}
			call.order, call.attempt, call.bestErr = c.serverOrder(call.orderBuf[:0]), 0, nil
			err = c.send(call, true)

		case refusesEDNS && call.udpSize != 0: // repeat without EDNS(0) (RFC 6891, 7)
			err = c.send(call, false)

		case err == nil && (r.rcode == rcodeSuccess || r.rcode == rcodeNXDomain):
			s.downUntil = time.Time{}
			r.answer.TCP = call.tcp != nil
			more, tooLong := call.followCNAMEs(&r)
			switch {
			case tooLong:
				c.finish(call, Answer{}, &Error{Kind: TooManyCNAMEs, Question: call.Question})
				return
			case !more:
				c.finish(call, r.answer, nil)
				return
			}
			err = errNotSent

		case call.tcp == nil && needsTCP(err):
			err = call.sendTCP(s, c.expiry(call))

		default: // this server failed
			e := failure(r, err)
			e.Server, e.Question = s.addr, call.Question
			if call.bestErr == nil || e.Kind != Timeout { // a timeout is the least informative
				call.bestErr = e
			}
			if !call.once && (e.Kind == Timeout || e.Kind == Network) {
				s.downUntil = time.Now().Add(serverBackoff)
			}
			call.attempt++
			if call.once || call.attempt == c.conf.Attempts*len(call.order) || expired(call.deadline) {
				c.finish(call, Answer{}, call.bestErr)
				return
			}
			err = c.send(call, true)
		}
	}
}

// send sends the query of a call to the server of this attempt, with EDNS(0) if the
// server supports it and edns is set.
func (c *Client) send(call *Call, edns bool) error {
	s := call.order[call.attempt%len(call.order)]
	size := s.udpSize
	if s.noEDNS || !edns {
		size = 0
	}
	call.buildQuery(call.current(), size)
	call.LastAttempt = time.Now()
	if c.conf.UseTCP {
		return call.sendTCP(s, c.expiry(call))
	}
	return call.sendUDP(s, c.expiry(call))
}

// expiry returns when an exchange that starts now is given up.
func (c *Client) expiry(call *Call) time.Time {
	return earliest(time.Now().Add(c.conf.Timeout), call.deadline)
}

// receive returns the server's response. A response that makes the codec panic is
// malformed.
func (call *Call) receive(buf []byte) (r response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Kind: Malformed, Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	msg, err := call.exchange.receive(buf)
	if err != nil {
		return response{}, err
	}
	if r, err = unpack(msg, call.current()); err != nil {
		err = &Error{Kind: Malformed, Err: err}
	}
	return r, err
}

// followCNAMEs applies a response to the chain of aliases. more means that the end
// of the chain has to be queried; otherwise r.answer is the call's answer, unless
// the chain is too long.
func (call *Call) followCNAMEs(r *response) (more, tooLong bool) {
	noData := Answer{Size: r.answer.Size, TCP: r.answer.TCP, Alias: true}
	for _, alias := range r.aliases {
		loop, tooLong := call.chain.add(alias)
		if loop || tooLong {
			r.answer = noData
			return false, tooLong
		}
	}
	r.answer.TTL = min(call.ttl, r.answer.TTL)
	r.answer.Alias = len(call.chain) > 1
	if !r.chaseCNAME {
		return false, false
	}
	call.ttl = r.answer.TTL
	if call.current().Name == "" { // the root, or a name that Question cannot hold
		r.answer = noData
		return false, false
	}
	return true, false
}

// needsTCP reports whether an answer over UDP was truncated or unusable.
func needsTCP(err error) bool {
	_, malformed := err.(*Error)
	return malformed || err == errMismatch || err == errTruncated
}

// failure returns the *Error for a response that is not an answer, or for an error
// in an exchange.
func failure(r response, err error) *Error {
	e, ok := err.(*Error)
	switch {
	case ok:
		return e
	case err == nil:
		return &Error{Kind: BadRcode, Rcode: r.rcode}
	case err == unix.ETIMEDOUT:
		return &Error{Kind: Timeout}
	case err == errMismatch, err == errTruncated, err == errClosed:
		return &Error{Kind: Malformed, Err: err}
	}
	return &Error{Kind: Network, Err: err}
}

// cnameChain is a name followed by the names that it is an alias of, one by one.
type cnameChain []string

// add appends a name. It reports whether the chain is now a loop, or longer than
// MaxCNAMEs.
func (chain *cnameChain) add(target string) (loop, tooLong bool) {
	loop = slices.Contains(*chain, target)
	*chain = append(*chain, target)
	return loop, !loop && len(*chain) > 1+MaxCNAMEs
}
