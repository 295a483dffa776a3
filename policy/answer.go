package policy

import (
	"net/netip"
	"os"
	"time"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// answer takes a request through its steps: settings, whitelists, checks, decision,
// reply. The input of each step is the results of the steps before it.
func (s *Server) answer(e *evaluator, o *Outcome) {
	r := &o.Request
	if s.Settings.Mock {
		o.Decision, o.Reply = decide(&s.Settings, &o.Facts), Reply{"dunno", mockText}
		return
	}
	var start time.Time
	if s.Settings.LogFormat == formatKV {
		start = time.Now()
	}
	s.init()
	if s.Settings.DefaultSeedOnly {
		s.Log.Line(Always, Err, "WARNING: Deprecated Config Option defaultSeedOnly in use in: ", s.ConfigFile)
	}
	recipient := r.Recipient
	if recipient == "" {
		recipient = "none"
	}
	o.Settings, o.User = recipientSettings(s.users, &s.Settings, recipient, s.Log)
	set := o.Settings
	if set.HideReceiver {
		recipient = unknown
	}
	if s.Log.Level >= levelActions {
		s.Log.Line(levelActions, Info, "Config: ", s.config())
	}
	log := &requestLog{process: s.Log, level: set.DebugLevel, format: set.LogFormat}
	e.limits = limitsOf(set)
	if set.LookupsAhead {
		e.prefetcher = s.Prefetcher
	}
	client := prospective(set, r)

	o.Facts = Facts{
		Client: clientAddress(client, log), HELOName: r.HELOName, Sender: r.Sender, Authenticated: r.authenticated(),
		PerUser: o.User != nil && o.User.Found, ExemptionNeeds: "a whitelist",
	}
	if o.Facts.Client.IsValid() {
		o.Facts.Earlier = s.instances.get(r.Instance)
		log.cached(o.Facts.Earlier)
	}
	o.Decision = decide(set, &o.Facts)
	if o.Decision.Needs == NeedWhitelist {
		o.Facts.Exemption = findExemption(e, set, &o.Facts, client, log)
		o.Facts.ExemptionNeeds = ""
		o.Decision = decide(set, &o.Facts)
	}
	if o.Decision.Unchecked == NoIdentity {
		log.Line(levelVerdicts, Info, "spfcheck: No sender or helo, exiting")
	}
	sender := r.Sender
	if sender == "" {
		sender = "<>"
	}
	env := newEnvelope(client, heloDomain(r.HELOName, r.Sender), sender, recipient)
	if o.Decision.Needs != NeedNothing {
		runChecks(e, o, env, log)
	}

	text := s.actionText(o, env, log)
	if a := o.Decision.Cache; a.Known {
		if a.Kind == Reject || a.Kind == Defer {
			a.Text = text
		}
		s.instances.put(r.Instance, a)
	}
	log.action(set, o.Decision, text)
	o.Reply = makeReply(set, o.Decision, text)
	shadow := ""
	if s.Shadow != nil {
		shadow = s.shadow(e, o)
	}
	s.logMessage(o, env, log, text, shadow, start)
	s.logPrivate(o)
}

// logMessage logs a decision in the form that Log_Format asks for.
func (s *Server) logMessage(o *Outcome, env envelope, log *requestLog, text, shadow string, start time.Time) {
	if logsMessages(o.Settings) && o.isRepeated() {
		return
	}
	if log.format == formatKV {
		s.totals.add(o)
		log.keyValues(o, env, start, shadow)
		return
	}
	queueID := ""
	if s.Settings.QueueID {
		queueID = o.Request.QueueID
	}
	log.reply(queueID, o.Decision, o.Reply, text)
	if shadow != "" {
		if !log.shows(o) {
			log.process.Line(levelResults, Info, "dunno") // else a reader takes the next line for the last message's
		}
		log.process.Line(levelResults, Info, "shadow: ", shadow)
	}
}

// init prepares what the settings ask for, and logs what is wrong with them.
func (s *Server) init() {
	if s.initialized {
		return
	}
	s.initialized = true
	if s.Settings.PerUser != "" {
		s.users = conf.NewPerUser(s.Settings.PerUser)
	}
	if s.Shadow != nil && s.Shadow.PerUser != "" {
		s.shadowUsers = conf.NewPerUser(s.Shadow.PerUser)
	}
	logBadSettings(s.Log, &s.Settings)
}

// clientAddress parses the client's address. If that fails, it logs why nothing is
// checked.
func clientAddress(text string, log *requestLog) netip.Addr {
	if text == "" {
		log.Line(levelVerdicts, Info, "spfcheck: No client address, exiting")
		return netip.Addr{}
	}
	addr, ok := parseClient(text)
	if !ok {
		log.Line(levelErrors, Err, `ERROR: "`, text, `" is not an IP address, SPF not checked`)
	}
	return addr
}

// runChecks checks HELO and then MAIL FROM, as far as the decision needs them. While
// it waits for HELO's lookups, those for MAIL FROM are prefetched.
func runChecks(e *evaluator, o *Outcome, env envelope, log *requestLog) {
	set, f := o.Settings, &o.Facts
	var helo, mailFrom evaluation
	if checksHELO(set) {
		helo = e.prepare(heloArgs(f.Client, heloDomain(f.HELOName, f.Sender)), set.LookupTime)
	}
	if checksMailFrom(set, f.Sender) {
		mailFrom = e.prepare(mailFromArgs(f.Client, f.Sender, heloDomain(f.HELOName, f.Sender)), set.LookupTime)
		if helo.check != nil && mailFrom.check != nil {
			helo.check.Then(mailFrom.check)
		}
	}
	if o.Decision.Needs == NeedHELO {
		log.dispositions(set, HELO, f.HELOName)
		o.HELO = e.check(HELO, helo, set.LookupTime)
		f.HELO = checkResult(o.HELO.Verdict)
		o.Decision = decide(set, f)
		o.HELO.Reason = shownReason(o.HELO.Verdict, o.Decision.HELO)
		log.verdict(HELO, o.HELO.Verdict)
		log.result(HELO, f.HELO.Result, env)
		log.noMail(set, HELO, o.Decision.HELO, o.HELO.Verdict.Root)
	}
	if o.Decision.Needs == NeedMailFrom {
		log.dispositions(set, MailFrom, mailFromName(f.Sender))
		o.MailFrom = e.check(MailFrom, mailFrom, set.LookupTime)
		f.MailFrom = checkResult(o.MailFrom.Verdict)
		o.Decision = decide(set, f)
		if o.Decision.Needs == NeedDMARC {
			f.DMARC, o.DMARC = lookupDMARC(e, f.Sender, log)
			o.Decision = decide(set, f)
		}
		o.MailFrom.Reason = shownReason(o.MailFrom.Verdict, o.Decision.MailFrom)
		log.verdict(MailFrom, o.MailFrom.Verdict)
		if showsMailFrom(set, f) {
			log.result(MailFrom, f.MailFrom.Result, env)
			if o.Decision.MailFrom.Kind == Prepend && !f.PerUser {
				log.Line(levelInput, Info, "not peruser")
			}
		}
		log.noMail(set, MailFrom, o.Decision.MailFrom, o.MailFrom.Verdict.Root)
	}
}

// checkResult returns what Decide needs to know about a verdict.
func checkResult(v spf.Verdict) CheckResult {
	return CheckResult{Known: true, Result: v.Result, ByAll: v.ByAll, NoMail: v.Root == noMailRecord}
}

// actionText returns the header field, rejection text or restriction class of a
// decision, including one that an option suppresses.
func (s *Server) actionText(o *Outcome, env envelope, log *requestLog) string {
	d, set := &o.Decision, o.Settings
	kind := d.Kind
	if d.SuppressedBy != "" {
		kind = d.Suppressed
	}
	switch {
	case d.Basis == Whitelisted:
		header := s.exemptionHeader(set, d.Option, &o.Request, env.recipient)
		log.process.Line(levelActions, Info, header)
		log.whitelistDone(d.Option, o.Facts.PerUser)
		return header
	case d.Basis != Checked:
		return d.Text
	}
	check := &o.HELO
	if d.Identity == MailFrom {
		check = &o.MailFrom
	}
	if kind == Prepend {
		return s.resultHeader(set, check, env)
	}
	text, err := rejectionText(set, kind, d.Identity, check.Reason, env)
	if err != nil && set.ReasonMessage != s.Settings.ReasonMessage {
		logBadReason(s.Log, set.ReasonMessage)
	}
	return text
}

// resultHeader returns the header field for a check.
func (s *Server) resultHeader(set *conf.Settings, c *Check, env envelope) string {
	if wantsAuthResults(set.HeaderType) {
		return authenticationResults(s.authservID(set.AuthservID), c.Identity, c.Verdict.Result, c.Reason, env)
	}
	return receivedSPF(c.Identity, c.Verdict.Result, c.Reason, env)
}

// exemptionHeader returns the header field for a client that a whitelist holds. It
// shows the request as received, without substitutes for missing values.
func (s *Server) exemptionHeader(set *conf.Settings, option string, r *Request, recipient string) string {
	shown := func(value string, a AttributeSet) string {
		if r.Missing&a != 0 {
			return unknown
		}
		return value
	}
	env := newEnvelope(shown(r.ClientAddress, ClientAddress), shown(r.HELOName, HELOName), shown(r.Sender, Sender), recipient)
	if wantsAuthResults(set.HeaderType) {
		return exemptionResults(s.authservID(set.AuthservID), exemptionPhrase(option), env)
	}
	return exemptionComment(exemptionPhrase(option), env)
}

// authservID returns the authserv-id of Authentication-Results (RFC 8601, 2.5).
func (s *Server) authservID(id string) string {
	if id != "" && id != "HOSTNAME" {
		return sanitize(lower(id, nil))
	}
	if s.host == "" {
		s.host = "localhost"
		if name, err := os.Hostname(); err == nil && name != "" {
			s.host = sanitize(lower(name, nil))
		}
	}
	return s.host
}
