package checkconfig

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// policyParameter begins the names of the parameters that are also attributes of a
// policy service.
const policyParameter = "smtpd_policy_service_"

// attribute is an attribute of a policy service in braces (postconf(5)).
type attribute struct {
	name    string
	isTime  bool // in seconds without a unit
	isCount bool
	least   int64
}

func attributes() []attribute {
	return []attribute{
		{name: "default_action"},
		{name: "max_idle", isTime: true, least: 1},
		{name: "max_ttl", isTime: true, least: 1},
		{name: "policy_context"},
		{name: "request_limit", isCount: true},
		{name: "retry_delay", isTime: true, least: 1},
		{name: "timeout", isTime: true, least: 1},
		{name: "try_limit", isCount: true, least: 1},
	}
}

// check returns what is wrong with a value, "" if nothing is, and what is expected.
func (a attribute) check(value string) (what, expected string) {
	switch {
	case a.isTime:
		if t, ok := postfix.ParseTime(value); !ok || t < time.Duration(a.least)*time.Second {
			return fmt.Sprintf("not a time of at least %d s", a.least), "a number and s, m, h, d or w, such as 100s"
		}
	case a.isCount:
		if n, err := strconv.ParseInt(value, 10, 32); err != nil || n < a.least {
			return fmt.Sprintf("not a number of at least %d", a.least), "a number"
		}
	}
	return "", ""
}

// checkPolicyParameters checks the parameters for all policy services of an smtpd(8).
func (c *checker) checkPolicyParameters(d postfix.SMTPD) {
	for _, a := range attributes() {
		name := policyParameter + a.name
		value := d.Parameters[name]
		if value == "" {
			continue // this Postfix does not have it
		}
		if what, expected := a.check(value); what != "" {
			c.addRestriction(d, name, conf.Faulty, value, what+noMail, expected)
		}
		if a.name == "default_action" {
			c.checkDefaultAction(value, func(what, expected string) { c.addRestriction(d, name, conf.Faulty, value, what, expected) })
		}
	}
}

// checkAttributes checks the attributes of a policy service.
func (c *checker) checkAttributes(r route) {
	for _, given := range r.service.Attributes {
		if given.Name == "" {
			c.addRoute(r, conf.Faulty, "an attribute is not NAME=VALUE"+noMail,
				"no spaces around =, or braces, as in { default_action = 451 4.3.5 Try later }")
			return
		}
	}
	known := attributes()
	for _, given := range r.service.Attributes {
		i := slices.IndexFunc(known, func(a attribute) bool { return a.name == given.Name })
		if i < 0 {
			var names []string
			for _, a := range known {
				names = append(names, a.name)
			}
			c.addRoute(r, conf.Faulty, "Postfix does not know the attribute "+given.Name+noMail, "one of "+strings.Join(names, ", "))
			continue
		}
		if what, expected := known[i].check(given.Value); what != "" {
			c.addRoute(r, conf.Faulty, given.Name+"="+given.Value+" is "+what+noMail, expected)
		}
		if given.Name == "default_action" {
			c.checkDefaultAction(given.Value, func(what, expected string) { c.addRoute(r, conf.Faulty, what, expected) })
		}
	}
}

// checkDefaultAction checks what Postfix does if the policy server fails.
func (c *checker) checkDefaultAction(value string, add func(what, expected string)) {
	if p, ok := c.checkAction(value); !ok {
		add("if the policy server fails, default_action applies: "+p.What, p.Expected)
	}
}
