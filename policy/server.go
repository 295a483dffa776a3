package policy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf/dns"
)

const (
	// requestTime is the time for a request in all. smtpd waits for 100 s
	// (smtpd_policy_service_timeout), and then turns the mail away.
	requestTime = conf.ReplyTimeout

	// debugging is the debugLevel from which on the lines of a request are
	// written before its reply, so that they stand before Postfix's own about
	// it, as whoever is looking for something expects.
	debugging = 2

	// settleAfter is how many requests a process answers before Server.Settle:
	// most that get so far get much further.
	settleAfter = 10

	// maxSeconds bounds times that are set in seconds: it is longer than any
	// request may take.
	maxSeconds = 3600

	// maxBadNetworks bounds the lines about bad entries in a list of networks.
	maxBadNetworks = 20
)

// Server answers requests, one after the other. Its exported fields are not to
// be changed once it has begun; it is for one goroutine at a time.
type Server struct {
	Settings   conf.Settings
	ConfigFile string                 // where they are from, for the log
	Origins    map[string]conf.Origin // of those that the file sets, for the log
	Resolver   dns.Resolver           // for all lookups
	Ahead      dns.Asker              // the cache in Resolver, where lookups ahead go; nil: there are none
	Log        *Log
	Observer   Observer // nil when nobody asks why
	Settle     func()   // called once, when this is going to be a long day; may be nil

	inquiry  inquiry // the request being answered: one place for all of them
	users    *conf.PerUser
	messages messages
	verdicts verdicts
	host     string
	begun    bool
}

// Reply is a reply to Postfix: an action of access(5) and what follows it.
type Reply struct{ Action, Text string }

// String gives the reply as it stands behind "action=".
func (r Reply) String() string {
	if r.Text == "" {
		return r.Action
	}
	return r.Action + " " + r.Text
}

// dunno is the reply that lets Postfix go on.
var dunno = Reply{Action: "dunno"}

// Serve answers the requests in in, each by one write to out, until the end of
// the input, or until out is closed: neither is an error. A request that the
// end cuts short gets no answer.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	defer func() {
		if fault := recover(); fault != nil { // between two requests: where the next begins is not known
			s.logFault(fault)
			s.Log.Flush()
			err = errInternal
		}
	}()
	s.Log.Line(3, Info, "Starting")
	r := newReader(in, s.Log)
	var reply []byte
	answered := 0
	for {
		request, err := r.next()
		switch {
		case err == nil:
			reply = appendReply(reply[:0], s.Answer(ctx, request))
		case errors.Is(err, errLongLine) || errors.Is(err, errLongBlock):
			s.Log.Line(0, Err, "ERROR: ", err.Error(), ", SPF not checked")
			reply = appendReply(reply[:0], dunno)
		default: // the end, or a connection that is no more
			s.Log.Line(3, Info, "Normal exit")
			s.Log.Flush()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if s.Log.Level >= debugging {
			s.Log.Flush()
		}
		_, err = out.Write(reply)
		s.Log.Flush() // after the answer: nobody waits for it
		if err != nil {
			return err
		}
		if answered++; answered == settleAfter && s.Settle != nil {
			s.Settle()
		}
	}
}

// Answer answers a request. It always gives an answer: what goes wrong here is
// nothing that mail should be refused for.
func (s *Server) Answer(ctx context.Context, request Request) (reply Reply) {
	q := &s.inquiry
	*q = inquiry{server: s, set: &s.Settings, request: request, parent: ctx}
	defer func() {
		if fault := recover(); fault != nil {
			s.logFault(fault)
			reply = dunno
		}
	}()
	defer q.end()
	observe(q, RequestStep{request})
	if s.Settings.Mock {
		return Reply{"dunno", mockText}
	}
	s.begin()
	return q.answer()
}

// begin readies what the settings ask for, and logs what is wrong with them.
func (s *Server) begin() {
	if s.begun {
		return
	}
	s.begun = true
	if s.Settings.PerUser != "" {
		s.users = conf.NewPerUser(s.Settings.PerUser)
	}
	s.logBadHeaderType(s.Settings.HeaderType)
	if authenticates(s.Settings.HeaderType) && s.Settings.AuthservID == "" {
		s.Log.Line(0, Err, "Authserv_Id not set for authentication results header - invalid configuration.")
	}
	if _, _, err := s.Settings.Reason(); err != nil {
		s.logBadReason(s.Settings.ReasonMessage)
	}
	s.logBadNetworks("skip_addresses", s.Settings.SkipAddresses)
	s.logBadNetworks("Whitelist", s.Settings.Whitelist)
}

func (s *Server) logBadHeaderType(value string) {
	if strings.Contains(value, "SPF") && strings.Contains(value, "AR") {
		s.Log.Line(0, Err, "Header_Type includes both SPF and AR - invalid configuration.")
	}
}

func (s *Server) logBadReason(value string) {
	s.Log.Line(0, Err, `ERROR: bad Reason_Message "`, value, `"`)
}

func (s *Server) logBadNetworks(option string, networks *conf.Networks) {
	if networks == nil {
		return
	}
	for i, entry := range networks.Invalid() {
		if i == maxBadNetworks {
			s.Log.Line(0, Info, "ERROR: more entries in ", option, " not IP network. Entries skipped.")
			break
		}
		s.Log.Line(0, Info, "ERROR: ", entry, " in ", option, " not IP network. Entry skipped.")
	}
}

// config gives the options that the configuration file sets.
func (s *Server) config() string {
	var pairs []string
	for _, o := range conf.Options() {
		if origin, ok := s.Origins[o.Name]; ok {
			pairs = append(pairs, quotePython(o.Name)+": "+quotePython(origin.Value))
		}
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// logFault logs a panic.
func (s *Server) logFault(fault any) {
	s.Log.Line(Always, Err, "ERROR: internal error: ", fmt.Sprint(fault))
}

// authenticates tells whether a Header_Type asks for Authentication-Results.
func authenticates(headerType string) bool {
	return strings.Contains(headerType, "AR") && !strings.Contains(headerType, "SPF")
}

// authserv gives the authserv-id of Authentication-Results (RFC 8601, 2.5).
func (s *Server) authserv(id string) string {
	if id != "" && id != "HOSTNAME" {
		return clean(lower(id, nil))
	}
	if s.host == "" {
		s.host = "localhost"
		if name, err := os.Hostname(); err == nil && name != "" {
			s.host = clean(lower(name, nil))
		}
	}
	return s.host
}
