package policy

import (
	"context"
	"errors"
	"io"

	"policyd-spf/conf"
	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// warmupRequests is how many requests a process answers before Server.AfterWarmup:
// most processes that get this far answer many more.
const warmupRequests = 10

// Server answers requests, one after the other. Its exported fields must not be
// changed after it has started. A Server is not safe for concurrent use.
type Server struct {
	Settings    conf.Settings
	Shadow      *conf.Settings         // of Shadow_Config: what they decide is only logged; nil: none
	ConfigFile  string                 // the settings' file, for the log
	Origins     map[string]conf.Origin // of the options that the file sets, for the log
	Resolver    dns.Resolver           // for all lookups
	Prefetcher  dns.Prefetcher         // the cache in Resolver; nil: nothing is prefetched
	Log         *Log
	Observer    Observer // may be nil
	AfterWarmup func()   // called once, when the process has proved to be long-lived; may be nil

	initialized bool
	users       *conf.PerUser
	instances   instanceCache
	verdicts    verdictCache
	records     *spf.RecordCache
	totals      processTotals // with Log_Format = kv
	host        string

	privateLogged   bool // see logPrivate
	shadowUsers     *conf.PerUser
	shadowInstances instanceCache
}

// Serve answers the requests in in, each by one write to out, until the end of the
// input, or until out is closed: neither is an error. An incomplete last request gets
// no reply.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil { // between two requests: where the next one begins is not known
			logPanic(s.Log, p)
			s.Log.Flush()
			err = errInternal
		}
	}()
	s.Log.Line(levelActions, Info, "Starting")
	r := newReader(in, s.Log)
	var reply []byte
	answered := 0
	for {
		request, err := r.next()
		switch {
		case err == nil:
			reply = appendReply(reply[:0], s.Answer(ctx, request))
		case errors.Is(err, errLongLine) || errors.Is(err, errLongRequest):
			s.Log.Line(levelErrors, Err, "ERROR: ", err.Error(), ", SPF not checked")
			reply = appendReply(reply[:0], dunno())
		default: // the end, or a broken connection
			s.Log.Line(levelActions, Info, "Normal exit")
			s.logTotals()
			s.Log.Flush()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		// Someone who debugs expects the lines of a request before Postfix's own.
		if s.Log.Level >= levelVerdicts {
			s.Log.Flush()
		}
		_, err = out.Write(reply)
		s.Log.Flush() // after the reply: nobody waits for it
		if err != nil {
			return err
		}
		if answered++; answered == warmupRequests && s.AfterWarmup != nil {
			s.AfterWarmup()
		}
	}
}

// Answer answers a request. It always returns a reply: an internal error is no
// reason to refuse mail.
func (s *Server) Answer(ctx context.Context, request Request) (reply Reply) {
	if s.records == nil {
		s.records = spf.NewRecordCache()
	}
	e := evaluator{
		resolver: s.lookups(), records: s.records, observer: s.Observer, verdicts: &s.verdicts, log: s.Log,
	}
	e.deadline, _ = ctx.Deadline()
	defer func() {
		if p := recover(); p != nil {
			logPanic(s.Log, p)
			reply = dunno()
		}
	}()
	defer e.close()
	var o Outcome
	o.Request, o.Settings = request, &s.Settings
	s.answer(&e, &o)
	if s.Observer != nil {
		answered(s.Observer, &o)
	}
	return o.Reply
}

// answered passes an outcome to an observer. It is not inlined, because the copy that
// it makes would take 1 kB of Answer's stack frame. A reply without lookups needs less
// than 8 kB of stack: growing that makes 10 page faults.
//
//go:noinline
func answered(observer Observer, o *Outcome) { observer.Answered(*o) }
