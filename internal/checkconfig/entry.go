package checkconfig

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// noMail is what follows if an smtpd(8) does not start.
const noMail = ": smtpd ends, and no mail is received"

// checkEntries checks the entries of master.cf, whatever they run.
func (c *checker) checkEntries() {
	for i := range c.postfix.Services {
		s := &c.postfix.Services[i]
		c.checkFields(s)
		switch {
		case s.IsSMTPD():
			c.checkSMTPDArguments(s)
		case s.Command == "postscreen":
			c.checkPostscreen(s)
		case s.NamesProgram() && !s.IsOurs():
			c.checkCommand(s)
		}
	}
	for _, replaced := range c.postfix.Replaced {
		for i := range c.postfix.Services {
			if s := &c.postfix.Services[i]; s.ID() == replaced.ID() && (s.NamesProgram() || replaced.NamesProgram()) {
				c.addService(s, conf.Faulty, "entry", s.CommandLine(), "another entry before it has the same name and type: Postfix uses the last one", "one entry")
			}
		}
	}
}

// addService adds a problem of an entry of master.cf.
func (c *checker) addService(s *postfix.Service, severity conf.Severity, name, value, what, expected string) {
	c.add(conf.Problem{Severity: severity, File: c.postfix.File("master.cf"), Line: s.Line(), Name: s.Name + " " + name, Value: value,
		What: what, Expected: expected})
}

// checkFields reports an entry that master(8) refuses to read: postconf(1) accepts some
// of them.
func (c *checker) checkFields(s *postfix.Service) {
	const fatal = "Postfix does not start with such an entry"
	if !slices.Contains([]string{"inet", "unix", "unix-dgram", "fifo", "pass"}, s.Type) {
		c.addService(s, conf.Faulty, "type", s.Type, fatal, "inet or unix")
	}
	for _, field := range []struct{ name, value string }{{"private", s.Private}, {"unpriv", s.Unprivileged}, {"chroot", s.Chroot}} {
		if !slices.Contains([]string{"y", "n", "-"}, field.value) {
			c.addService(s, conf.Faulty, field.name, field.value, fatal, "y, n or -")
		}
	}
	if !isNumber(strings.TrimSuffix(s.Wakeup, "?")) {
		c.addService(s, conf.Faulty, "wakeup", s.Wakeup, fatal, "a number or -")
	}
	if !isNumber(s.MaxProcs) {
		c.addService(s, conf.Faulty, "maxproc", s.MaxProcs, fatal, "a number or -")
	}
}

func isNumber(field string) bool {
	_, err := strconv.ParseUint(field, 10, 31)
	return field == "-" || err == nil
}

// checkCommand reports an entry that names this program but has another command than
// spawn(8).
func (c *checker) checkCommand(s *postfix.Service) {
	const fixedFields = 8 // master(5)
	if at := slices.Index(s.Args, "spawn"); at >= 0 {
		c.addService(s, conf.Faulty, "command", s.Command, fmt.Sprintf("the command is field 8, and spawn is field %d", fixedFields+1+at),
			"spawn in field 8; or, if these lines belong to another entry, that entry's first line without a space or # before it")
		return
	}
	c.addService(s, conf.Faulty, "command", s.Command, "this command does not run programs for others",
		"spawn; or, if these lines belong to another entry, that entry's first line without a space or # before it")
}

// checkSMTPDArguments reports the first argument of an smtpd(8) that it refuses: one
// that is not an option, as the rest of a value with a space in it is.
func (c *checker) checkSMTPDArguments(s *postfix.Service) {
	const expected = "-o NAME=VALUE without spaces, or -o { NAME = VALUE }"
	for i := 0; i < len(s.Args); i++ {
		arg := s.Args[i]
		override, isOverride := strings.CutPrefix(arg, "-o")
		switch {
		case arg == "-o" && i+1 == len(s.Args):
			c.addService(s, conf.Faulty, "argument", arg, "nothing follows"+noMail+" here", expected)
			return
		case arg == "-o":
			i++
			override = s.Args[i]
		case !isOverride && strings.HasPrefix(arg, "-"):
			continue
		case !isOverride:
			c.addService(s, conf.Faulty, "argument", arg, "not an option, but perhaps the rest of the value before it"+noMail+" here", expected)
			return
		}
		if !strings.Contains(override, "=") {
			c.addService(s, conf.Faulty, "argument", strings.TrimSpace("-o "+override), "no = follows the name"+noMail+" here", expected)
			return
		}
	}
}

// checkPostscreen reports a postscreen(8) without an smtpd(8) to hand clients over to.
func (c *checker) checkPostscreen(s *postfix.Service) {
	name := cmp.Or(c.postfix.Main["smtpd_service_name"], "smtpd")
	if slices.ContainsFunc(c.postfix.Services, func(s postfix.Service) bool { return s.Type == "pass" && s.Name == name }) {
		return
	}
	c.unclear = true
	c.addService(s, conf.Faulty, "command", s.Command, "it hands clients over to the service "+name+" of type pass, which master.cf does not have: no mail is received",
		name+" pass - - - - - smtpd")
}
