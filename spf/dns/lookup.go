package dns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"
)

// MaxCNAMEs is how many CNAME records may lie between a name and its data, over
// all the messages that it takes. RFC 1034, 3.6.2 wants no chains at all; ten is
// what SPF checkers have always followed.
const MaxCNAMEs = 10

// lookup is a Lookup of a Client on its way: from server to server, and from
// alias to alias. Its methods are called with Client.mu held, and do not wait.
type lookup struct {
	client   *Client
	ctx      context.Context
	question Question
	done     func(Answer, error)

	answer Answer // with err, once it has ended
	err    error

	asked   Question      // question, or what that is an alias for
	trail   trail         // to asked
	ttl     time.Duration // the smallest of the trail's
	order   []*server     // in which servers are asked
	turn    int           // which one is asked now, over all attempts
	worst   *Error
	refused bool // this server's answer to EDNS(0) was that it does not know it

	exchange exchange
	space    [maxServers]*server // of order
}

// begin begins with the name that was asked for.
func (k *lookup) begin() {
	k.exchange.fd = noSocket
	if !encodable(k.question.Name) {
		k.end(Answer{NXDomain: true, TTL: maxTTL}, nil)
		return
	}
	k.asked, k.ttl, k.trail = k.question, maxTTL, trail{k.question.Name}
	k.ask()
}

// ask puts asked to the first server.
func (k *lookup) ask() {
	if over(k.ctx) {
		k.fail(&Error{Kind: OutOfTime})
		return
	}
	k.order, k.turn, k.worst = k.client.order(k.space[:0]), 0, nil
	k.send()
}

// server is the one that is asked now.
func (k *lookup) server() *server { return k.order[k.turn%len(k.order)] }

// send puts asked to the server.
func (k *lookup) send() {
	s := k.server()
	size := s.udpSize
	if s.plain || k.refused {
		size = 0
	}
	if err := k.exchange.begin(k, s.socket, size); err != nil {
		k.failed(err)
	}
}

// ready reads what has come from the server, and goes on with it.
func (k *lookup) ready() {
	x := &k.exchange
	r, err := k.receive()
	switch {
	case err == errNotYet:
	case x.tcp == nil && badAnswer(err): // it does not fit into a datagram, or cannot be read
		if err := x.overTCP(k); err != nil {
			k.failed(err)
		}
	case err != nil:
		k.failed(err)
	default:
		r.answer.TCP = x.tcp != nil
		k.answered(r)
	}
}

// receive gives the server's response if it has come. That one which makes the
// codec panic cannot be read either.
func (k *lookup) receive() (r response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Kind: Malformed, Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	msg, err := k.exchange.receive(k.client.reply[:])
	if err != nil {
		return response{}, err
	}
	if r, err = unpack(msg, k.asked); err != nil {
		err = &Error{Kind: Malformed, Err: err}
	}
	return r, err
}

// badAnswer tells whether there was an answer that is not to be used.
func badAnswer(err error) bool {
	_, malformed := err.(*Error)
	return malformed || err == errJunk || err == errCut
}

// answered goes on with the server's response.
func (k *lookup) answered(r response) {
	s := k.server()
	refuses := r.rcode == rcodeFormErr || r.rcode == rcodeNotImp || r.rcode == rcodeBadVers // RFC 6891, 6.1.3 and 7
	if refuses && k.exchange.udpSize != 0 {
		k.refused = true
		k.send() // RFC 6891, 7
		return
	}
	if k.refused && !refuses {
		s.plain = true
	}
	if r.rcode != rcodeSuccess && r.rcode != rcodeNXDomain {
		k.failed(&Error{Kind: BadRcode, Rcode: r.rcode})
		return
	}
	k.refused = false
	s.shunned = 0
	k.follow(r)
}

// follow goes on with what the response knows of asked: the data, or the name
// that it is an alias for.
func (k *lookup) follow(r response) {
	nothing := Answer{Size: r.answer.Size, TCP: r.answer.TCP}
	for _, alias := range r.aliases {
		if circle, err := k.trail.add(alias); err != nil || circle {
			if e, ok := err.(*Error); ok {
				e.Question = k.question
			}
			k.end(nothing, err)
			return
		}
	}
	r.answer.TTL = min(k.ttl, r.answer.TTL)
	if !r.open {
		k.end(r.answer, nil)
		return
	}
	k.ttl, k.asked.Name = r.answer.TTL, k.trail[len(k.trail)-1]
	if k.asked.Name == "" { // the root, or a name that Question cannot hold
		k.end(nothing, nil)
		return
	}
	k.ask()
}

// failed goes on to the next server, if there is time for it.
func (k *lookup) failed(err error) {
	s := k.server()
	e := failure(err)
	e.Server = s.addr
	if k.worst == nil || e.Kind != Timeout { // silence tells least
		k.worst = e
	}
	k.refused = false
	if k.ctx.Err() == context.Canceled {
		k.fail(k.worst) // nobody waits any more: no fault of the server's
		return
	}
	if e.Kind == Timeout || e.Kind == Network {
		s.shunned = time.Since(k.client.start) + shunTime
	}
	k.turn++
	if k.turn == k.client.conf.Attempts*len(k.order) || over(k.ctx) {
		k.fail(k.worst)
		return
	}
	k.send()
}

// failure makes a *Error of an error in the exchange with a server.
func failure(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e
	case err == syscall.ETIMEDOUT:
		return &Error{Kind: Timeout}
	case err == errJunk, err == errShort, err == errCut, err == errClosed:
		return &Error{Kind: Malformed, Err: err}
	}
	return &Error{Kind: Network, Err: err}
}

// fail ends the lookup with a failure.
func (k *lookup) fail(e *Error) {
	e.Question = k.question
	k.end(Answer{}, e)
}

// end ends the lookup.
func (k *lookup) end(a Answer, err error) {
	c := k.client
	k.exchange.close()
	k.answer, k.err = a, err
	i := slices.Index(c.active, k)
	c.active = slices.Delete(c.active, i, i+1)
	c.ended = append(c.ended, k)
}

// trail is a name and, one by one, the names that it is an alias for.
type trail []string

// add takes a step. It tells whether that leads back to where the trail was;
// trails that are too long fail.
func (t *trail) add(alias string) (circle bool, err error) {
	circle = slices.Contains(*t, alias)
	*t = append(*t, alias)
	if !circle && len(*t) > 1+MaxCNAMEs {
		err = &Error{Kind: TooManyCNAMEs, Question: Question{Name: (*t)[0]}}
	}
	return circle, err
}
