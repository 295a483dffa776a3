package checkconfig

import (
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// smtpds returns the smtpd(8) services, or one with main.cf's parameters if
// master.cf has none.
func (c *checker) smtpds() []postfix.SMTPD {
	if len(c.postfix.SMTPDs) > 0 {
		return c.postfix.SMTPDs
	}
	return []postfix.SMTPD{{Parameters: c.postfix.Main}}
}

// checkRestrictions checks the lists of restrictions that name policy services, as
// they are in force at each smtpd(8).
func (c *checker) checkRestrictions() {
	named := make(map[string]bool)   // our services that a list names
	reached := make(map[string]bool) // and those that smtpd reaches there, by smtpd
	for _, d := range c.smtpds() {
		c.checkClasses(d)
		c.checkRequired(d)
		c.checkPolicyParameters(d)
		for _, list := range postfix.RestrictionLists() {
			w := c.follow(d, list)
			for _, f := range w.flaws {
				c.unclear = true
				c.addRestriction(d, list, f.severity, f.word, f.what, f.expected)
			}
			for _, r := range w.routes {
				s := c.checkAddress(r)
				if s == nil || !s.IsOurs() {
					continue
				}
				named[s.ID()] = true
				if r.endedBy == "" {
					reached[smtpdID(d)] = true
				}
				c.checkRoute(r, s)
			}
		}
	}
	overridden := c.checkOverrides(reached)
	for _, client := range c.postfix.PolicyClients() { // a class that only a lookup table names
		if s := c.postfix.Find(client.Service); s != nil && s.IsOurs() {
			if !overridden && !named[s.ID()] && !c.unclear {
				c.checkUnreached(client)
			}
			named[s.ID()] = true
		}
	}
	for i := range c.postfix.Services {
		if s := &c.postfix.Services[i]; s.IsOurs() && !named[s.ID()] && !c.unclear {
			c.checkUnused(s)
		}
	}
}

func smtpdID(d postfix.SMTPD) string {
	if d.Service == nil {
		return ""
	}
	return d.Service.ID()
}

// addRestriction adds a problem of a list of restrictions.
func (c *checker) addRestriction(d postfix.SMTPD, list string, severity conf.Severity, value, what, expected string) {
	place := c.postfix.Place(d, list)
	c.add(conf.Problem{Severity: severity, File: place.File, Line: place.Line, Name: place.Name, Value: value, What: what, Expected: expected})
}

// addRoute adds a problem of a check_policy_service.
func (c *checker) addRoute(r route, severity conf.Severity, what, expected string) {
	c.addRestriction(r.smtpd, r.list, severity, postfix.CheckPolicyService+" "+r.service.Text, what, expected)
}

// checkRoute checks a check_policy_service of ours.
func (c *checker) checkRoute(r route, s *postfix.Service) {
	if r.endedBy != "" {
		c.addRoute(r, conf.Faulty, "never reached, because "+r.endedBy+" before it ends the list", "no "+r.endedBy+" before it")
		return
	}
	c.checkOrder(r)
	c.checkStage(r)
	if r.warnOnly {
		c.addRoute(r, conf.Hint, "warn_if_reject before it: nothing is rejected, only a warning is logged", "no warn_if_reject")
	}
	if r.smtpd.Parameters["soft_bounce"] == "yes" {
		c.addRestriction(r.smtpd, "soft_bounce", conf.Hint, "yes", "no rejection is final: Postfix sends 450 for 550, and clients try again", "no")
	}
	if config := c.configOf(s); config.err == nil {
		c.checkOwnUsers(r, &config.file.Settings)
		c.checkTimeout(r, &config.file.Settings)
	}
}

// checkOrder checks a list that uses the policy service before anything refuses to
// relay.
func (c *checker) checkOrder(r route) {
	if r.rejectsRelaying {
		return
	}
	const expected = postfix.CheckPolicyService + " after reject_unauth_destination"
	relayIsRefused := strings.Contains(r.smtpd.Parameters["smtpd_relay_restrictions"], "_unauth_destination")
	switch {
	case r.list == "smtpd_relay_restrictions" || r.list == "smtpd_recipient_restrictions" && !relayIsRefused:
		c.addRoute(r, conf.Faulty, "before reject_unauth_destination: an OK from it, as by a pass restriction, would make an open relay", expected)
	case r.list == "smtpd_recipient_restrictions" && r.rejectsAfterwards && r.smtpd.Parameters["smtpd_relay_before_recipient_restrictions"] != "yes":
		c.addRoute(r, conf.Hint, "before reject_unauth_destination: mail for others is looked up too", expected)
	}
}

// checkStage checks the stage of the SMTP session at which the policy service is
// queried.
func (c *checker) checkStage(r route) {
	const expected = "in smtpd_recipient_restrictions"
	early := []string{"smtpd_client_restrictions", "smtpd_helo_restrictions"}
	switch {
	case r.list == "smtpd_end_of_data_restrictions":
		c.addRoute(r, conf.Faulty, "after the message, where Postfix no longer adds a header field: it is lost", expected)
	case r.list == "smtpd_etrn_restrictions":
		c.addRoute(r, conf.Faulty, "ETRN brings no mail, so there is nothing to check", expected)
	case r.smtpd.Parameters["smtpd_delay_reject"] == "no" && slices.Contains(early, r.list):
		c.addRoute(r, conf.Faulty, "smtpd_delay_reject = no: the sender is not known yet, so MAIL FROM is not checked, and the header field is lost", expected)
	}
}

// checkClasses reports restriction classes without a definition.
func (c *checker) checkClasses(d postfix.SMTPD) {
	const parameter = "smtpd_restriction_classes"
	for _, class := range postfix.SplitList(d.Parameters[parameter]) {
		if d.Parameters[class] == "" {
			c.unclear = true
			c.addRestriction(d, parameter, conf.Faulty, class, "this class has no definition"+noMail, "a line "+class+" = RESTRICTIONS in main.cf")
		}
	}
}

// checkRequired reports an smtpd(8) that refuses to run, because nothing in its lists
// refuses to relay.
func (c *checker) checkRequired(d postfix.SMTPD) {
	const relay, recipient = "smtpd_relay_restrictions", "smtpd_recipient_restrictions"
	if d.Service == nil {
		return // there is no smtpd(8)
	}
	if !hasRequired(d, d.Parameters[relay], 0) && !hasRequired(d, d.Parameters[recipient], 0) {
		c.addRestriction(d, recipient, conf.Faulty, d.Parameters[recipient], "neither this nor "+relay+" refuses to relay"+noMail, "reject_unauth_destination")
	}
}

// hasRequired reports whether a list has one of the restrictions without which smtpd(8)
// does not run: has_required() in its source.
func hasRequired(d postfix.SMTPD, list string, depth int) bool {
	required := []string{"reject_unauth_destination", "defer_unauth_destination", "reject", "defer", "defer_if_permit", "check_relay_domains"}
	words := postfix.SplitList(list)
	for i := 0; i < len(words); i++ {
		word := strings.ToLower(words[i])
		switch {
		case word == "warn_if_reject":
			i++
		case word == "permit":
			return false
		case slices.Contains(required, word):
			return true
		case depth < maxClassDepth && slices.Contains(postfix.SplitList(d.Parameters["smtpd_restriction_classes"]), words[i]) &&
			hasRequired(d, d.Parameters[words[i]], depth+1):
			return true
		}
	}
	return false
}
