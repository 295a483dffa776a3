package postfix

import (
	"path/filepath"
	"slices"
	"strings"
)

// CheckPolicyService is the restriction that queries a policy server.
const CheckPolicyService = "check_policy_service"

// PolicyService is what follows check_policy_service: an address, or in braces an
// address and attributes.
type PolicyService struct {
	Text       string      // as in the list, without braces
	Address    string      // "unix:private/NAME", "inet:HOST:PORT"
	Transport  string      // "unix" or "inet"; "" if the address is not valid
	Endpoint   string      // the rest of the address
	Attributes []Parameter // timeout and others; without a name if not NAME=VALUE
}

// ParsePolicyService parses the argument of check_policy_service. Transport local
// is that of UNIX-domain sockets, as in Postfix's auto_clnt_create().
func ParsePolicyService(argument string) PolicyService {
	p := PolicyService{Text: argument}
	words := SplitList(argument)
	if len(words) == 0 {
		return p
	}
	p.Address = words[0]
	switch transport, endpoint, _ := strings.Cut(p.Address, ":"); {
	case endpoint == "":
	case transport == "unix" || transport == "local":
		p.Transport, p.Endpoint = "unix", endpoint
	case transport == "inet":
		p.Transport, p.Endpoint = transport, endpoint
	}
	for _, word := range words[1:] {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			name, value = "", word // Postfix refuses it
		}
		p.Attributes = append(p.Attributes, Parameter{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return p
}

// Attribute returns the value of an attribute.
func (p PolicyService) Attribute(name string) (string, bool) {
	i := slices.IndexFunc(p.Attributes, func(a Parameter) bool { return a.Name == name })
	if i < 0 {
		return "", false
	}
	return p.Attributes[i].Value, true
}

// Path returns the path of a UNIX-domain socket, and "" for TCP.
func (c *Config) Path(p PolicyService) string {
	switch {
	case p.Transport != "unix":
		return ""
	case filepath.IsAbs(p.Endpoint):
		return p.Endpoint
	}
	return filepath.Join(c.Main["queue_directory"], p.Endpoint)
}

// SocketFolder returns the folder in which master(8) would make the socket, private
// or public, and the name of the service. It returns false if another program makes
// the socket.
func (c *Config) SocketFolder(p PolicyService) (folder, name string, ok bool) {
	if p.Transport != "unix" {
		return "", "", false
	}
	path := strings.TrimPrefix(filepath.Clean(p.Endpoint), filepath.Clean(c.Main["queue_directory"])+"/")
	folder, name, ok = strings.Cut(path, "/")
	return folder, name, ok && (folder == "private" || folder == "public") && !strings.Contains(name, "/")
}

// Find returns the service of master.cf that serves p, or nil. A TCP service is
// found by its port, because it may listen at several addresses.
func (c *Config) Find(p PolicyService) *Service {
	_, name, isMasters := c.SocketFolder(p)
	for i := range c.Services {
		s := &c.Services[i]
		switch {
		case p.Transport == "inet" && s.Type == "inet" && port(s.Name) == port(p.Endpoint),
			isMasters && (s.Type == "unix" || s.Type == "unix-dgram") && s.Name == name:
			return s
		}
	}
	return nil
}
