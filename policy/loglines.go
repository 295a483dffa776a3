package policy

import (
	"strings"

	"policyd-spf/conf"
	"policyd-spf/spf"
)

// The lines of a request. Their texts are the original's.

// cached logs what the instance cache holds for the message.
func (l *requestLog) cached(a CachedAction) {
	if l.level < levelInput {
		return
	}
	text := "[]"
	if a.Known {
		text = "['" + a.Kind.String() + "', " + quotePython(a.Text) + "]"
	}
	l.Line(levelInput, Info, "Cached data for this instance: ", text)
}

// whitelistDone logs that a whitelist of the recipient's own was consulted. The
// original does not for Domain_Whitelist_PTR.
func (l *requestLog) whitelistDone(option string, perUser bool) {
	if perUser && option != "Domain_Whitelist_PTR" {
		l.Line(levelInput, Info, option, " check used peruser data")
	}
}

// dispositions logs what the settings do with each result of an identity. Name is
// the name compared with Reject_Not_Pass_Domains.
func (l *requestLog) dispositions(s *conf.Settings, id Identity, name string) {
	if l.process.Level < levelTables {
		return
	}
	domains := strings.Join(s.RejectNotPassDomains, ",")
	if domains == "" {
		domains = "None"
	}
	d, value := defaultDisposition(s, id, name)
	var unused []string
	var results [RestrictionClass][]string
	for _, r := range [...]spf.Result{spf.Pass, spf.None, spf.Neutral, spf.Softfail, spf.Fail, spf.Temperror, spf.Permerror} {
		if !rejects(value, r) {
			unused = append(unused, resultName(r))
		}
		kind := dispose(s, id, r, name, false).Kind
		results[kind] = append(results[kind], resultName(r))
	}
	active := "true"
	if value == rejectFalse {
		active = "false"
	}
	scope := id.scope()
	l.process.Line(levelTables, Info, "_get_resultcodes: scope: ", scope, ", Reject_Not_Pass_Domains: ", domains,
		", helo_policy: ", s.HELOReject, ", mfrom_policy: ", s.MailFromReject)
	l.process.Line(levelTables, Info, "Scope ", scope, " unused results: ", quotePythonList(unused))
	l.process.Line(levelTables, Info, scope, " policy ", active, " results: actions: {'defer': ", quotePythonList(results[Defer]),
		", 'reject': ", quotePythonList(results[Reject]), ", 'prepend': ", quotePythonList(results[Prepend]),
		"} local {'local_helo': ", pythonBool(d.Listed && id == HELO), ", 'local_mfrom': ", pythonBool(d.Listed && id == MailFrom), "}")
}

// verdict logs a verdict in the library's words.
func (l *requestLog) verdict(id Identity, v spf.Verdict) {
	if l.level < levelVerdicts {
		return
	}
	l.Line(levelVerdicts, Info, `spfcheck: pyspf result: "['`, resultName(v.Result), `', `, quotePython(verdictReason(v)), `, '`, id.String(), `']"`)
}

// result logs the result of a check.
func (l *requestLog) result(id Identity, r spf.Result, e envelope) {
	if l.level < levelResults || l.format == formatAction || l.format == formatKV {
		return
	}
	l.Line(levelResults, Info, resultName(r), "; identity=", id.String(), "; client-ip=", e.client,
		"; helo=", pairValue(e.helo), "; envelope-from=", pairValue(e.sender), "; receiver=", pairValue(e.recipient), " ")
}

// noMail logs the record that No_Mail looks at before a rejection.
func (l *requestLog) noMail(s *conf.Settings, id Identity, d Disposition, root string) {
	if d.Kind != Reject || !s.NoMail || l.level < levelTables {
		return
	}
	scope := "HELO"
	if id == MailFrom {
		scope = "mfrom"
	}
	l.Line(levelTables, Info, "Pyspf Cached SPF record before ", scope, " No_Mail check: ", quotePythonBytes(root))
}

// action logs a decision as the original names it.
func (l *requestLog) action(s *conf.Settings, d Decision, text string) {
	if l.process.Level < levelActions {
		return
	}
	kind := d.Kind
	if d.SuppressedBy != "" {
		kind = d.Suppressed
	}
	name := kind.String()
	switch {
	case s.TestOnly == 0 && kind != Prepend, kind == Dunno && !d.HeaderPresent:
		name, text = "None", "None"
	case d.HeaderPresent:
		text = "Header already pre-pended"
	}
	code := replyCode(s, Reject, d.Error)
	l.process.Line(levelActions, Info, "Action: ", name, ": Text: ", text, " Reject action: ", code)
}

// reply logs the line of a reply. Header is the header field of a decision that
// Header_Type suppresses; queueID is "" if it is not to be shown.
func (l *requestLog) reply(queueID string, d Decision, r Reply, header string) {
	prefix := ""
	if queueID != "" {
		prefix = ": "
	}
	log := l.process
	switch {
	case d.Kind == Prepend:
		log.Line(levelResults, Info, queueID, prefix, "prepend ", r.Text)
	case d.Kind == Reject || d.Kind == Defer:
		log.Line(levelResults, Info, queueID, prefix, strings.TrimSuffix(r.Action, " "), " ", r.Text)
	case d.Kind == RestrictionClass:
		log.Line(levelResults, Info, queueID, prefix, "result_only ", r.Action)
	case d.SuppressedBy == "Header_Type":
		log.Line(levelResults, Info, queueID, prefix, "Header field not prepended: ", header)
	}
}

// shows reports whether a message has a line of its results or of its reply.
func (l *requestLog) shows(o *Outcome) bool {
	d := &o.Decision
	return d.Kind != Dunno || d.SuppressedBy == "Header_Type" ||
		l.format != formatAction && (o.HELO.Identity != 0 || o.MailFrom.Identity != 0)
}

// config returns the options that the configuration file sets, for the log.
func (s *Server) config() string {
	var pairs []string
	for _, o := range conf.Options() {
		if origin, ok := s.Origins[o.Name]; ok {
			pairs = append(pairs, quotePython(o.Name)+": "+quotePython(origin.Value))
		}
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}
