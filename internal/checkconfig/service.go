package checkconfig

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

const (
	// program is the name of the binary.
	program = "policyd-spf"

	// unprivilegedUser is a user that may run the program: it owns no files.
	unprivilegedUser = "nobody"

	// minTimeLimit is a time limit that no smtpd(8) outlives: it serves 100 clients
	// (max_use) and waits 100 s for the next one (max_idle).
	minTimeLimit = time.Hour

	// defaultTimeLimit is the default of command_time_limit.
	defaultTimeLimit = 1000 * time.Second

	// exampleEntry is an entry of master.cf as it should be.
	exampleEntry = "policy-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf /etc/python-policyd-spf/policyd-spf.conf"
)

// checkPostfix checks Postfix's side: the services of master.cf that run this
// program, and the restrictions that name them.
func (c *checker) checkPostfix() {
	before, ours := len(c.problems), 0
	for i := range c.postfix.Services {
		s := &c.postfix.Services[i]
		c.checkFields(s)
		switch {
		case s.IsOurs():
			ours++
			c.checkService(s)
		case s.NamesProgram():
			c.addService(s, conf.Faulty, "command", s.Command, "this command does not run programs for others", "spawn")
		}
	}
	c.checkRestrictions()
	if ours == 0 && len(c.problems) == before {
		c.add(conf.Problem{Severity: conf.Hint, File: c.postfix.File("master.cf"), What: "no service runs " + program, Expected: exampleEntry})
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

// checkService checks an entry of master.cf that runs this program.
func (c *checker) checkService(s *postfix.Service) {
	if s.Type != "unix" && s.Type != "inet" {
		c.addService(s, conf.Faulty, "type", s.Type, "smtpd cannot connect to such a service", "unix")
	}
	if s.MaxProcs != "0" && isNumber(s.MaxProcs) {
		c.addService(s, conf.Faulty, "maxproc", s.MaxProcs, "when that many processes are busy, other smtpd processes wait, and then turn mail away", "0, which is no limit")
	}
	if s.Unprivileged != "n" {
		c.addService(s, conf.Faulty, "unpriv", s.Unprivileged, "spawn(8) cannot change to another user", "n")
	}
	attributes := s.Args[:len(s.Args)-len(s.Argv)]
	isBad := slices.ContainsFunc(attributes, func(arg string) bool { return !strings.HasPrefix(strings.ToLower(arg), "user=") })
	var user account
	var ok bool
	if isBad {
		c.addService(s, conf.Faulty, "attributes", strings.Join(attributes, " "), "spawn(8) does not know one of them, and ends: "+noReply,
			"user= and argv=, without spaces around =")
	} else {
		user, ok = c.checkUser(s)
	}
	c.checkInterpreter(s)
	c.checkArguments(s)
	if ok {
		c.checkFiles(s, user)
	} else {
		c.checkChroot(s)
	}
	c.checkTimeLimit(s)
}

// checkUser checks the user of a service, and returns it if spawn(8) accepts it.
func (c *checker) checkUser(s *postfix.Service) (account, bool) {
	bad := func(what, expected string) (account, bool) {
		c.addService(s, conf.Faulty, "user", s.User, what, expected)
		return account{}, false
	}
	const refused = "spawn(8) refuses to run programs as root or as Postfix's own user or group"
	name, group, _ := strings.Cut(s.User, ":")
	switch owner := c.postfix.Main["mail_owner"]; {
	case name == "":
		return bad("spawn(8) needs a user to run the program as", "user="+unprivilegedUser)
	case name == "root" || name == owner:
		return bad(refused, "user="+unprivilegedUser)
	}
	uid, gid, found, err := c.Host.User(name)
	switch {
	case err != nil:
		c.addService(s, conf.Hint, "user", s.User, "cannot tell whether the user exists: "+err.Error(), "")
		return account{}, false
	case !found:
		return bad("there is no user "+name+", and spawn(8) ends: "+noReply, "user="+unprivilegedUser+", or an existing user")
	}
	if group != "" {
		if gid, found, err = c.Host.Group(group); err == nil && !found {
			return bad("there is no group "+group+", and spawn(8) ends: "+noReply, "user="+name+", or an existing group")
		}
	}
	ownerUID, ownerGID, ownerFound, _ := c.Host.User(c.postfix.Main["mail_owner"])
	if uid == 0 || gid == 0 || ownerFound && (uid == ownerUID || gid == ownerGID) {
		return bad(refused, "user="+unprivilegedUser)
	}
	return account{name, uid, gid}, true
}

// checkArguments checks the arguments of the program. It knows three flags there;
// anything else is the name of the configuration file.
func (c *checker) checkArguments(s *postfix.Service) {
	file, ignored := c.parseArgs(s)
	argv := strings.Join(s.Argv, " ")
	if strings.ContainsAny(argv, "\"'") {
		c.addService(s, conf.Faulty, "argv", argv, "spawn(8) starts no shell, so quotes are part of the names", "no quotes; braces around an argument with spaces")
	}
	if slices.Contains([]string{"-h", "--help", "-?"}, file) {
		c.addService(s, conf.Faulty, "argv", argv, "the program prints its usage line and ends: "+noReply, "the configuration file instead of "+file)
		return
	}
	if strings.HasPrefix(file, "-") {
		c.addService(s, conf.Faulty, "argv", argv, file+" is taken as the name of the configuration file, which does not exist: the defaults are used",
			"--zone FILE, --zone-fallback or --dns ADDRESS, and the configuration file")
		return
	}
	if len(ignored) > 0 {
		c.addService(s, conf.Faulty, "argv", argv, "ignored, because it follows the configuration file: "+strings.Join(ignored, " "),
			"nothing after the configuration file")
	}
}

// checkTimeLimit checks how long a process may run: it should outlive the smtpd that it
// serves, which otherwise has to wait and retry.
func (c *checker) checkTimeLimit(s *postfix.Service) {
	name := s.TimeLimitName()
	problem := conf.Problem{Severity: conf.Faulty, File: c.postfix.File("main.cf"), Line: c.postfix.MainLine(name), Name: name, Value: c.postfix.Main[name],
		Expected: name + " = 3600"}
	limit, ok := postfix.ParseTime(problem.Value)
	switch {
	case !ok:
		problem.What = "not a time"
	case limit < defaultTimeLimit:
		problem.What = "the process is killed while an smtpd still uses it"
	case limit == defaultTimeLimit:
		problem.What = "1000 s, the default, is too short: the process is killed while a busy smtpd still uses it"
	case limit < minTimeLimit:
		problem.Severity, problem.What = conf.Hint, "rather short: the process is killed while a busy smtpd still uses it"
	default:
		return
	}
	c.add(problem)
}
