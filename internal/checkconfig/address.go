package checkconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// checkAddress checks the address of a policy service, and returns the entry of
// master.cf that serves it, if there is one.
func (c *checker) checkAddress(r route) *postfix.Service {
	p := r.service
	if p.Transport == "" {
		c.unclear = true
		what, expected := badAddress(p.Address)
		c.addRoute(r, conf.Faulty, what+noMail, expected)
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
		c.checkSocketPath(r)
	case p.Transport == "inet" && !strings.Contains(strings.TrimSuffix(p.Endpoint, ":"), ":") && strings.ContainsAny(p.Endpoint, ".:/"):
		c.unclear = true
		c.addRoute(r, conf.Faulty, "no port after the host: smtpd cannot connect, and all mail is deferred", "inet:HOST:PORT")
	}
	return s
}

// badAddress returns what is wrong with an address of neither transport, and what is
// expected.
func badAddress(address string) (what, expected string) {
	const noTransport = "no unix: or inet: before the address"
	transport, endpoint, ok := strings.Cut(address, ":")
	lower := strings.ToLower(transport)
	_, isRestriction := postfix.Restriction(address)
	switch {
	case strings.HasPrefix(address, "{"):
		return "a brace without its counterpart", "{ unix:private/NAME, ATTRIBUTE=VALUE }"
	case ok && endpoint == "":
		return "no address after " + address, "no space after " + address
	case ok && (lower == "unix" || lower == "inet"):
		return transport + ": is not in lower case", postfix.CheckPolicyService + " " + lower + ":" + endpoint
	case ok && lower == "tcp":
		return noTransport, postfix.CheckPolicyService + " inet:" + endpoint
	case isRestriction:
		return "no policy service follows " + postfix.CheckPolicyService, postfix.CheckPolicyService + " unix:private/NAME"
	case strings.Contains(address, "/") && !ok:
		return noTransport, postfix.CheckPolicyService + " unix:" + address
	}
	return noTransport, "unix: or inet: in front"
}

// checkSocketPath reports a path that is not that of the service's socket, although it
// has the name of one of ours. Another program may have made a socket there.
func (c *checker) checkSocketPath(r route) {
	if info, err := os.Stat(c.postfix.Path(r.service)); err == nil && info.Mode()&os.ModeSocket != 0 {
		return
	}
	for i := range c.postfix.Services {
		s := &c.postfix.Services[i]
		if !s.IsOurs() || s.Name != r.service.Endpoint && s.Name != filepath.Base(r.service.Endpoint) {
			continue
		}
		c.unclear = true
		c.addRoute(r, conf.Faulty, "no such socket: the service is at "+s.Address()+", and all mail is deferred", postfix.CheckPolicyService+" "+s.Address())
	}
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

// hasName reports whether master.cf has a service of that name.
func (c *checker) hasName(name string) bool {
	return slices.ContainsFunc(c.postfix.Services, func(s postfix.Service) bool { return s.Name == name && s.Type != "inet" })
}
