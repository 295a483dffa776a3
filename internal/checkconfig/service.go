package checkconfig

import (
	"path/filepath"
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

const (
	// program is the name of the binary.
	program = "policyd-spf"

	// unprivilegedUser is a user that may run the program: it owns no files.
	unprivilegedUser = "nobody"

	// exampleEntry is an entry of master.cf as it should be.
	exampleEntry = "policy-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf /etc/python-policyd-spf/policyd-spf.conf"
)

// checkPostfix checks Postfix's side: the services of master.cf that run this
// program, and the restrictions that name them.
func (c *checker) checkPostfix() {
	before, ours := len(c.problems), 0
	c.checkEntries()
	for i := range c.postfix.Services {
		s := &c.postfix.Services[i]
		if s.IsOurs() {
			ours++
			c.checkService(s)
			c.checkTimeLimit(s)
		}
	}
	c.checkRestrictions()
	if ours == 0 && len(c.problems) == before {
		c.add(conf.Problem{Severity: conf.Hint, File: c.postfix.File("master.cf"), What: "no service runs " + program, Expected: exampleEntry})
	}
}

// checkService checks an entry of master.cf that runs this program.
func (c *checker) checkService(s *postfix.Service) {
	if s.Type != "unix" && s.Type != "inet" {
		c.addService(s, conf.Faulty, "type", s.Type, "smtpd cannot connect to such a service", "unix")
	}
	if s.MaxProcs != "0" && isNumber(s.MaxProcs) {
		c.addService(s, conf.Faulty, "maxproc", s.MaxProcs, "when that many processes are busy, other smtpd processes wait, and then turn mail away", "0, which is no limit")
	}
	if s.Wakeup != "-" && s.Wakeup != "0" && isNumber(strings.TrimSuffix(s.Wakeup, "?")) {
		c.addService(s, conf.Hint, "wakeup", s.Wakeup, "master(8) starts the program for nothing each time", "-")
	}
	if s.Unprivileged != "n" {
		c.addService(s, conf.Faulty, "unpriv", s.Unprivileged, "spawn(8) cannot change to another user", "n")
	}
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		c.addService(s, conf.Faulty, "argv", strings.Join(s.Args, " "), "no program directly after argv=, and spawn(8) ends: "+noReply, "argv=PROGRAM, without a space after =")
		return
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
	args := c.parseArgs(s)
	file := args.File
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
	if path := c.configPath(s); file != "" && !filepath.IsAbs(file) && !exists(path) {
		c.addService(s, conf.Hint, "argv", argv, file+" is a relative path, which begins at the queue directory: there is no "+path, "an absolute path")
	}
	if len(args.Ignored) > 0 {
		c.addService(s, conf.Faulty, "argv", argv, "ignored, because it follows the configuration file: "+strings.Join(args.Ignored, " "),
			"nothing after the configuration file")
	}
}
