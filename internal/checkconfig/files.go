package checkconfig

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
	"policyd-spf/spf/dns"
)

const (
	resolvConf = "/etc/resolv.conf"
	devLog     = "/dev/log" // of syslogd; in a chroot syslogd must make another one there
)

// isChrooted reports whether the processes of a service are in a chroot. The
// default was y before Postfix 3.0, and still is with its compatibility level.
func (c *checker) isChrooted(s *postfix.Service) bool {
	if s.Chroot != "-" {
		return s.Chroot == "y"
	}
	version, level := c.postfix.Main["mail_version"], c.postfix.Main["compatibility_level"]
	return version != "" && (leadingNumber(version) < 3 || level != "" && leadingNumber(level) < 1)
}

// leadingNumber returns the number before the first dot, and 0 for other texts.
func leadingNumber(text string) int {
	text, _, _ = strings.Cut(text, ".")
	n, _ := strconv.Atoi(text)
	return n
}

// root returns the root folder of a service's processes.
func (c *checker) root(s *postfix.Service) string {
	if c.isChrooted(s) {
		return c.postfix.Main["queue_directory"]
	}
	return "/"
}

// inside returns a path as the processes of a service see it: they start in the
// queue directory.
func (c *checker) inside(s *postfix.Service, path string) string {
	if filepath.IsAbs(path) || c.isChrooted(s) {
		return path
	}
	return filepath.Join(c.postfix.Main["queue_directory"], path)
}

// programs returns the programs that argv starts, each by the one before, up to this
// one. One without a slash is searched for in Postfix's PATH.
func (c *checker) programs(s *postfix.Service) []string {
	paths := []string{c.search(s, s.Argv[0])}
	started := skipEnv(s.Argv)
	setsPath := slices.ContainsFunc(s.Argv, func(arg string) bool { return strings.HasPrefix(arg, "PATH=") })
	if len(started) < len(s.Argv) && (strings.Contains(started[0], "/") || !setsPath) {
		paths = append(paths, c.search(s, started[0]))
	}
	at := slices.IndexFunc(started, postfix.IsProgram)
	if at > 0 && (filepath.IsAbs(started[at]) || isPython(interpreterName(started[0]))) {
		paths = append(paths, c.inside(s, started[at]))
	}
	return paths
}

// search returns the path of a program.
func (c *checker) search(s *postfix.Service, name string) string {
	if strings.Contains(name, "/") {
		return c.inside(s, name)
	}
	folders := []string{"/usr/bin", "/bin"} // spawn(8) sets PATH to the system's default
	for _, folder := range folders {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(filepath.Join(c.root(s), path)); err == nil {
			return path
		}
	}
	return filepath.Join(folders[0], name)
}

// checkFiles checks what the user of a service may do with the files that the
// program needs.
func (c *checker) checkFiles(s *postfix.Service, user account) {
	c.checkChroot(s)
	root := c.root(s)
	programs := c.programs(s)
	for i, path := range programs {
		want := mayExecute
		byPython := i > 0 && isPython(interpreterName(programs[i-1]))
		if byPython {
			want |= mayRead // the archive at the end of the file
		}
		v := user.may(root, path, want)
		if v.access == missing && (c.isChrooted(s) || byPython) {
			continue // checkChroot and checkPython
		}
		c.addAccess(s, v, conf.Problem{File: c.postfix.File("master.cf"), Line: s.Line(), Name: s.Name + " argv", Value: strings.Join(s.Argv, " "),
			Expected: "a program that " + user.name + " can execute"}, noReply)
	}
	config := c.configOf(s)
	c.checkZone(s, user)
	v := user.may(root, c.inside(s, cmp.Or(c.parseArgs(s).File, c.DefaultFile)), mayRead)
	if v.access != missing { // conf reports that
		c.addAccess(s, v, conf.Problem{File: config.path, Expected: "a file that " + user.name + " can read"},
			"the program ends: "+noReply)
	}
	if config.err == nil {
		c.checkNamedFiles(s, user, config)
	}
	if v := user.may(root, resolvConf, mayRead); v.access == denied {
		c.addAccess(s, v, conf.Problem{File: v.at, Expected: "a file that " + user.name + " can read", Used: "the name server 127.0.0.1"}, "")
	}
	c.checkSELinux(s)
}

// checkZone checks the zone file that argv names.
func (c *checker) checkZone(s *postfix.Service, user account) {
	zone := c.parseArgs(s).Zone
	if zone == "" {
		return
	}
	p := conf.Problem{File: c.postfix.File("master.cf"), Line: s.Line(), Name: s.Name + " argv", Value: "--zone " + zone,
		Expected: "a zone file that " + user.name + " can read"}
	v := user.may(c.root(s), c.inside(s, zone), mayRead)
	c.addAccess(s, v, p, "the program ends: "+noReply)
	if v.access != allowed {
		return
	}
	if _, err := dns.ReadZone(c.locate(s, zone), ""); err != nil {
		p.Severity, p.What = conf.Faulty, err.Error()+": the program ends: "+noReply
		c.add(p)
	}
}

// checkNamedFiles checks the files that a configuration names.
func (c *checker) checkNamedFiles(s *postfix.Service, user account, config *config) {
	_, perUser, _ := strings.Cut(config.file.Settings.PerUser, ",")
	for _, option := range []struct{ name, path, used string }{
		{"Per_User", conf.TrimSpace(perUser), "no settings for single recipients"},
		{"Shadow_Config", config.file.Settings.ShadowConfig, "no shadow"},
	} {
		if option.path == "" {
			continue
		}
		v := user.may(c.root(s), c.inside(s, option.path), mayRead)
		if v.access != missing { // reported with the option
			c.addAccess(s, v, config.file.Place(option.name, conf.Problem{Expected: "a file that " + user.name + " can read", Used: option.used}), "")
		}
	}
}

// addAccess adds a verdict on a file as a problem, unless the right is there.
func (c *checker) addAccess(s *postfix.Service, v verdict, p conf.Problem, consequence string) {
	p.Severity, p.What = conf.Faulty, v.why
	switch v.access {
	case allowed:
		return
	case unknown:
		p.Severity, p.What, p.Used = conf.Hint, "cannot tell whether the user of "+s.Name+" has access: "+v.why, ""
		if os.Geteuid() != 0 && !strings.Contains(v.why, "access control list") {
			p.Expected = "--check-config as root, who can look there"
		}
	case missing, denied:
		if consequence != "" {
			p.What += ": " + consequence
		}
	}
	c.add(p)
}

// configOf returns the checked configuration that a service reads, or else one that is
// not checked otherwise.
func (c *checker) configOf(s *postfix.Service) *config {
	path := c.configPath(s)
	for _, known := range c.configs {
		if sameFile(known.path, path) {
			return known
		}
	}
	other := &config{path: path, services: []*postfix.Service{s}}
	other.file, other.err = conf.Load(path)
	return other
}

// checkChroot reports what a chroot lacks.
func (c *checker) checkChroot(s *postfix.Service) {
	if !c.isChrooted(s) {
		return
	}
	root := c.root(s)
	needed := slices.Concat(c.programs(s), []string{cmp.Or(c.parseArgs(s).File, c.DefaultFile), resolvConf, devLog})
	var lacking []string
	for _, path := range needed {
		if _, err := os.Stat(filepath.Join(root, path)); os.IsNotExist(err) {
			lacking = append(lacking, path)
		}
	}
	if len(lacking) > 0 {
		c.addService(s, conf.Faulty, "chroot", s.Chroot, "the root folder is "+root+", which lacks "+strings.Join(lacking, ", "),
			"n, or these files there")
	}
}

// checkSELinux adds a note that SELinux decides besides mode bits.
func (c *checker) checkSELinux(s *postfix.Service) {
	if c.Host.Enforcing() {
		c.addService(s, conf.Hint, "argv", strings.Join(s.Argv, " "), "cannot tell whether SELinux allows what mode bits allow",
			"no line of "+program+" in ausearch -m avc")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
