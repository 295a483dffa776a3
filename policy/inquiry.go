package policy

import (
	"context"
	"net/netip"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// inquiry is a request on its way to an answer.
type inquiry struct {
	server  *Server
	set     *conf.Settings // of this request
	request Request

	parent context.Context
	time   *timeLimit // of this request, once something is looked up

	perUser   bool   // the recipient has settings of its own
	recipient string // as it is shown
	client    string // the address that is checked, as it was given
	ip        netip.Addr
	helo      string
	added     bool // the message has its header: an answer to an earlier recipient
	party     party
}

// answer takes the request through its steps.
func (q *inquiry) answer() Reply {
	if q.server.Settings.DefaultSeedOnly {
		q.server.Log.Line(Always, Err, "WARNING: Deprecated Config Option defaultSeedOnly in use in: ", q.server.ConfigFile)
	}
	if q.recipient = q.request.Recipient; q.recipient == "" {
		q.recipient = "none"
	}
	q.userSettings()
	if q.set.HideReceiver {
		q.recipient = unknown
	}
	if q.server.Log.Level >= 3 {
		q.server.Log.Line(3, Info, "Config: ", q.server.config())
	}
	return q.reply(q.action())
}

// userSettings puts the recipient's own settings into force.
func (q *inquiry) userSettings() {
	s := q.server
	if s.users == nil {
		return
	}
	s.Log.Line(3, Info, "Starting to process per-user settings")
	s.Log.Line(3, Info, "User data: ", s.Settings.PerUser)
	u := s.users.Lookup(q.recipient, s.Settings)
	if u.File != "" {
		s.Log.Line(4, Info, `Reading per user data (type text) from:  "`, u.File, `"`)
		s.Log.Line(4, Info, `readUserConfigFile: Loading "`, u.File, `"`)
	}
	for _, c := range u.Complaints {
		s.Log.Line(c.Level, Severity(c), c.Text)
	}
	observe(q, UserStep{u})
	for i, name := range u.Names {
		s.Log.Line(5, Info, `readUserConfigFile: Found entry "`, name, "=", u.Values[i], `" in per user settings`)
	}
	s.Log.Line(4, Info, `Per-user settings for "`, q.recipient, `": "`, strings.Join(u.Names, ", "), `"`)
	if !u.Found {
		return
	}
	q.perUser, q.set = true, &u.Settings
	s.Log.Line(2, Info, "Per user configuration data in use for: ", q.recipient)
	if q.set.HeaderType != s.Settings.HeaderType {
		s.logBadHeaderType(q.set.HeaderType)
	}
}

// action finds out what is to be done.
func (q *inquiry) action() Action {
	if q.client = q.set.Prospective; q.client == "" {
		q.client = q.request.ClientAddress
	}
	if q.client == "" {
		q.log(2, Info, "spfcheck: No client address, exiting")
		observe(q, UncheckedStep{"there is no client_address"})
		return Action{}
	}
	var ok bool
	if q.ip, ok = parseClient(q.client); !ok {
		q.log(0, Err, `ERROR: "`, q.client, `" is not an IP address, SPF not checked`)
		observe(q, UncheckedStep{`"` + q.client + `" is no IP address`})
		return Action{}
	}
	if a, ok := q.remembered(); ok {
		return a
	}
	if l, ok := q.bypass(); ok {
		return q.bypassed(l)
	}
	if q.request.HELOName == "" && q.request.Sender == "" {
		q.log(2, Info, "spfcheck: No sender or helo, exiting")
		observe(q, UncheckedStep{"there is neither HELO name nor sender"})
		return Action{}
	}
	if q.helo = q.request.HELOName; q.helo == "" {
		q.helo = "unknown"
		if strings.Contains(q.request.Sender, "@") {
			q.helo = domainOf(q.request.Sender)
		}
	}
	return q.identities()
}

// remembered gives the answer that the message has had for an earlier
// recipient. Settings of a recipient's own neither use such an answer nor
// leave one.
func (q *inquiry) remembered() (Action, bool) {
	a, ok := q.server.messages.get(q.request.Instance)
	if q.set.DebugLevel >= 4 {
		known := "[]"
		if ok {
			known = "['" + a.Kind.String() + "', " + quotePython(a.Text) + "]"
		}
		q.log(4, Info, "Cached data for this instance: ", known)
	}
	if !ok {
		return Action{}, false
	}
	observe(q, RememberedStep{a})
	if q.perUser {
		q.added = a.Kind == Prepend
		return Action{}, false
	}
	if a.Kind == Prepend {
		return Action{Already: true}, true
	}
	return a, true
}

// remember keeps an answer for the other recipients of the message.
func (q *inquiry) remember(a Action) {
	if !q.perUser {
		q.server.messages.put(q.request.Instance, a)
	}
}

// bypassed gives the answer for a client that is not checked.
func (q *inquiry) bypassed(l list) Action {
	shown := func(value string, a Attributes) string {
		if q.request.Missing&a != 0 {
			return unknown
		}
		return value
	}
	p := newParty(shown(q.request.ClientAddress, ClientAddress), shown(q.request.HELOName, HELOName),
		shown(q.request.Sender, Sender), q.recipient)
	var header string
	if authenticates(q.set.HeaderType) {
		header = bypassResults(q.server.authserv(q.set.AuthservID), l.phrase, p)
	} else {
		header = bypassComment(l.phrase, p)
	}
	q.server.Log.Line(3, Info, header)
	q.logList(l)
	if q.added {
		return Action{Already: true}
	}
	q.remember(Action{Kind: Prepend})
	return Action{Kind: Prepend, Text: header}
}

// header gives the header field for a result.
func (q *inquiry) header(id identity, r spf.Result, reason string) string {
	if authenticates(q.set.HeaderType) {
		return authenticationResults(q.server.authserv(q.set.AuthservID), id, r, reason, q.party)
	}
	return receivedSPF(id, r, reason, q.party)
}

// logResult logs the result of a check.
func (q *inquiry) logResult(id identity, r spf.Result) {
	if q.set.DebugLevel < 1 {
		return
	}
	p := q.party
	q.log(1, Info, title(r), "; identity=", id.String(), "; client-ip=", p.client,
		"; helo=", pairValue(p.helo), "; envelope-from=", pairValue(p.sender), "; receiver=", pairValue(p.recipient), " ")
}

// log adds a line if this request's debugLevel is at least level.
func (q *inquiry) log(level int, p Priority, parts ...string) {
	if level <= q.set.DebugLevel {
		q.server.Log.add(p, parts...)
	}
}

// observe tells the observer of a step. (As a method it would cost memory for
// each step that nobody asks for.)
func observe[S Step](q *inquiry, s S) {
	if o := q.server.Observer; o != nil {
		o.Step(s)
	}
}

// context gives the context of the request. Its time begins with the first
// lookup.
func (q *inquiry) context() context.Context {
	if q.time == nil {
		q.time = within(q.parent, requestTime)
	}
	return q.time
}

// end ends the lookups that are still under way.
func (q *inquiry) end() {
	if q.time == nil {
		return
	}
	q.time.end()
	if q.server.Ahead != nil {
		q.server.Ahead.Abandon(q.time)
	}
}
