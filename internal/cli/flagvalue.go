package cli

import (
	"errors"
	"net/mail"
	"net/netip"
	"strings"

	"policyd-spf/spf"
	"policyd-spf/spf/dns"
)

// errWant is the error of a value that is not what the flag's want says.
var errWant = errors.New("not the value that is wanted")

func setIP(o *Options, value string) error {
	o.ip = value
	if _, err := netip.ParseAddr(value); err != nil {
		return errWant
	}
	return nil
}

// needValue returns an error for an empty value.
func needValue(value string) error {
	if value == "" {
		return errWant
	}
	return nil
}

func setOrigin(o *Options, value string) error {
	q, ok := spf.NewQuestion(value, dns.TypeTXT)
	if o.origin = q.Name; !ok {
		return errWant
	}
	return nil
}

func setDomain(o *Options, value string) error {
	if o.domain = value; value == "-" {
		return nil
	}
	if _, ok := domainName(value); !ok {
		return errWant
	}
	return nil
}

func setZone(o *Options, value string) error {
	if o.zone = value; value == "" {
		return errWant
	}
	return nil
}

func setOutput(o *Options, value string) error {
	if o.output = value; value == "" {
		return errWant
	}
	return nil
}

func setDNS(o *Options, value string) error {
	const domainPort = 53 // RFC 1035, 4.2
	if server, err := netip.ParseAddrPort(value); err == nil && server.Port() != 0 {
		o.dnsServer = server
		return nil
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(value, "["), "]"))
	if err != nil {
		return errWant
	}
	o.dnsServer = netip.AddrPortFrom(addr, domainPort)
	return nil
}

// setAddress sets an address as net/mail parses it: "<a@example.com>" and
// "Alice <a@example.com>" too. What is not one, such as a domain alone, is taken as
// it is, for senders may be anything.
func setAddress(address *string, value string) error {
	value = strings.TrimSpace(value)
	*address = value
	if value == "<>" {
		*address = ""
	} else if parsed, err := mail.ParseAddress(value); err == nil {
		*address = parsed.Address
	} else if list, err := mail.ParseAddressList(value); err == nil && len(list) > 1 {
		return errWant
	} else if start := strings.LastIndexByte(value, '<'); start >= 0 && strings.HasSuffix(value, ">") {
		*address = value[start+1 : len(value)-1] // a name that needs quotes and has none
	} else if start >= 0 || strings.HasSuffix(value, ">") {
		return errWant // one bracket is missing: a part of the address may be, too
	} else if scheme := "mailto:"; len(value) > len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) {
		*address = value[len(scheme):] // a link that was copied
	}
	return nil
}

func setFrom(o *Options, value string) error {
	if err := setAddress(&o.find.From, value); err != nil {
		return err
	}
	if o.find.From == "" {
		o.find.From = "<>"
	}
	return nil
}

func setClient(o *Options, value string) error {
	const tag = "IPv6:" // of an address literal (RFC 5321, 4.1.3)
	value = strings.Trim(value, "[]")
	if len(value) > len(tag) && strings.EqualFold(value[:len(tag)], tag) {
		value = value[len(tag):]
	}
	client, err := netip.ParseAddr(value)
	if err != nil {
		return errWant
	}
	o.find.Client = client.Unmap().WithZone("")
	return nil
}

func setLog(o *Options, value string) error {
	if o.log = value; value == "" {
		return errWant
	}
	return nil
}
