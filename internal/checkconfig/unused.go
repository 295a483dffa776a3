package checkconfig

import (
	"fmt"
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
	"policyd-spf/internal/suggest"
)

// checkUnused reports a service of ours that no list of restrictions in force uses. It is
// a hint, because the check may be off on purpose, unless a line of main.cf was meant
// to use the service.
func (c *checker) checkUnused(s *postfix.Service) {
	for _, setting := range c.postfix.Settings {
		if !strings.Contains(setting.Value, postfix.CheckPolicyService) || !strings.Contains(setting.Value, s.Name) {
			continue
		}
		p := conf.Problem{Severity: conf.Faulty, File: c.postfix.File("main.cf"), Line: setting.Line, Name: setting.Name, Value: setting.Value}
		switch last := c.postfix.MainLine(setting.Name); {
		case last != setting.Line:
			p.What = fmt.Sprintf("line %d sets this again, and the last line is in force: mail is not checked", last)
			p.Expected = "one line " + setting.Name
		case !slices.Contains(postfix.RestrictionLists(), setting.Name):
			p.What = "not a list of restrictions of smtpd(8), and none refers to it: mail is not checked"
			p.Expected = suggest.Nearest(setting.Name, postfix.RestrictionLists())
		default:
			continue
		}
		c.add(p)
		return
	}
	c.add(conf.Problem{Severity: conf.Hint, File: c.postfix.File("main.cf"),
		What: "no restriction uses the service " + s.Name, Expected: postfix.CheckPolicyService + " " + s.Address()})
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
		for _, r := range c.follow(main, list).routes {
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
