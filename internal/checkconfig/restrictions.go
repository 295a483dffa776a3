package checkconfig

import (
	"fmt"
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
		for _, list := range postfix.RestrictionLists() {
			w := follow(d, list)
			for _, word := range w.stray {
				c.unclear = true
				c.addRestriction(d, list, conf.Faulty, word, "not after "+postfix.CheckPolicyService+", so Postfix takes it as a lookup table",
					postfix.CheckPolicyService+" "+word)
			}
			for _, word := range w.unknown {
				c.unclear = true
				c.addRestriction(d, list, conf.Faulty, word, word+" is neither a restriction of Postfix nor in smtpd_restriction_classes"+configurationError,
					"smtpd_restriction_classes = "+word+" in main.cf, and a line "+word+" = RESTRICTIONS")
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
			if !overridden && !named[s.ID()] {
				c.checkUnreached(client)
			}
			named[s.ID()] = true
		}
	}
	for i := range c.postfix.Services {
		if s := &c.postfix.Services[i]; s.IsOurs() && !named[s.ID()] && !c.unclear {
			c.add(conf.Problem{Severity: conf.Hint, File: c.postfix.File("main.cf"),
				What: "no restriction uses the service " + s.Name, Expected: postfix.CheckPolicyService + " " + s.Address()})
		}
	}
}

func smtpdID(d postfix.SMTPD) string {
	if d.Service == nil {
		return ""
	}
	return d.Service.ID()
}

// hasName reports whether master.cf has a service of that name.
func (c *checker) hasName(name string) bool {
	return slices.ContainsFunc(c.postfix.Services, func(s postfix.Service) bool { return s.Name == name && s.Type != "inet" })
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

// checkAddress checks the address of a policy service, and returns the entry of
// master.cf that serves it, if there is one.
func (c *checker) checkAddress(r route) *postfix.Service {
	p := r.service
	if p.Transport == "" {
		expected := "unix: or inet: in front"
		if strings.Contains(p.Address, "/") && !strings.Contains(p.Address, ":") {
			expected = postfix.CheckPolicyService + " unix:" + p.Address
		}
		c.unclear = true
		c.addRoute(r, conf.Faulty, "no unix: or inet: before the address: smtpd ends, and no mail is received", expected)
		return nil
	}
	c.checkAttributes(r)
	s := c.postfix.Find(p)
	folder, name, isMasters := c.postfix.SocketFolder(p)
	switch {
	case isMasters && s == nil && c.hasName(name):
		c.unclear = true
		c.addRoute(r, conf.Faulty, "the service "+name+" in master.cf is not of type unix: all mail is deferred", name+" unix in master.cf")
	case isMasters && s == nil:
		c.unclear = true
		expected := "an existing service"
		if ours := c.ourService(); ours != nil {
			expected = postfix.CheckPolicyService + " " + ours.Address()
		}
		c.addRoute(r, conf.Faulty, "master.cf has no service "+name+": all mail is deferred", expected)
	case isMasters && strings.HasPrefix(p.Endpoint, "/") && r.smtpd.Service != nil && c.isChrooted(r.smtpd.Service):
		c.addRoute(r, conf.Faulty, "the smtpd of "+r.smtpd.Service.Name+" is in a chroot, where this path does not exist: all mail is deferred",
			postfix.CheckPolicyService+" "+s.Address())
	case isMasters && folder != s.SocketFolder():
		c.addRoute(r, conf.Faulty, fmt.Sprintf("master.cf puts the socket of %s into %s, because private is %s there: all mail is deferred", name, s.SocketFolder(), s.Private),
			postfix.CheckPolicyService+" "+s.Address())
	case p.Transport == "unix" && s == nil:
		for i := range c.postfix.Services {
			if ours := &c.postfix.Services[i]; ours.IsOurs() && ours.Type == "unix" && p.Endpoint == ours.Name {
				c.unclear = true
				c.addRoute(r, conf.Faulty, "no such socket: that of the service is in "+ours.SocketFolder()+", and all mail is deferred",
					postfix.CheckPolicyService+" "+ours.Address())
			}
		}
	case p.Transport == "inet" && !strings.Contains(strings.TrimSuffix(p.Endpoint, ":"), ":") && strings.ContainsAny(p.Endpoint, ".:"):
		c.unclear = true
		c.addRoute(r, conf.Faulty, "no port after the host: smtpd cannot connect, and all mail is deferred", "inet:HOST:PORT")
	}
	return s
}

// ourService returns the only service of ours, or nil.
func (c *checker) ourService() *postfix.Service {
	var found *postfix.Service
	for i := range c.postfix.Services {
		if s := &c.postfix.Services[i]; s.IsOurs() {
			if found != nil {
				return nil
			}
			found = s
		}
	}
	return found
}

// checkAttributes checks the attributes of a policy service. They are the parameters
// smtpd_policy_service_NAME of postconf(5).
func (c *checker) checkAttributes(r route) {
	known := []string{"default_action", "max_idle", "max_ttl", "policy_context", "request_limit", "retry_delay", "timeout", "try_limit"}
	for _, a := range r.service.Attributes {
		if a.Name == "" {
			c.addRoute(r, conf.Faulty, "an attribute is not NAME=VALUE: smtpd ends, and no mail is received",
				"no spaces around =, or braces, as in { default_action = 451 4.3.5 Try later }")
			return
		}
	}
	for _, a := range r.service.Attributes {
		if !slices.Contains(known, a.Name) {
			c.addRoute(r, conf.Faulty, "Postfix does not know the attribute "+a.Name+": smtpd ends, and no mail is received",
				"one of "+strings.Join(known, ", "))
		}
	}
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

// checkUnreached reports a check_policy_service of main.cf that no smtpd(8) has,
// because each one's -o in master.cf overrides the list.
func (c *checker) checkUnreached(client postfix.PolicyClient) {
	if strings.Contains(client.Parameter, "/") || !slices.Contains(postfix.RestrictionLists(), client.Parameter) {
		return
	}
	c.add(conf.Problem{Severity: conf.Faulty, File: c.postfix.File("main.cf"), Line: c.postfix.MainLine(client.Parameter), Name: client.Parameter,
		Value: postfix.CheckPolicyService + " " + client.Service.Text, What: "never reached: -o " + client.Parameter + " in master.cf overrides the list at each smtpd",
		Expected: "no such -o"})
}

// checkOverrides reports each smtpd(8) for mail from the Internet where nothing is
// checked, although the lists of main.cf would check it, and whether there is one.
func (c *checker) checkOverrides(reached map[string]bool) (found bool) {
	main := postfix.SMTPD{Parameters: c.postfix.Main}
	for _, list := range postfix.RestrictionLists() {
		for _, r := range follow(main, list).routes {
			s := c.postfix.Find(r.service)
			if s == nil || !s.IsOurs() || r.endedBy != "" {
				continue
			}
			for _, d := range c.postfix.SMTPDs {
				if d.Service.ReceivesFromInternet() && !reached[d.Service.ID()] && d.Parameters[list] != c.postfix.Main[list] {
					found = true
					c.addRestriction(d, list, conf.Faulty, d.Parameters[list], "mail is not checked here: this overrides the list in main.cf, which has "+
						postfix.CheckPolicyService, "no -o "+list+", or one with "+postfix.CheckPolicyService+" "+s.Address())
				}
			}
		}
	}
	return found
}
