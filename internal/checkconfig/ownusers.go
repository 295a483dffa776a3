package checkconfig

import (
	"fmt"
	"net/netip"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// checkOwnUsers checks that mail from one's own users is exempt.
// Such clients seldom have addresses that the sender's record names.
func (c *checker) checkOwnUsers(r route, s *conf.Settings) {
	if r.list == "smtpd_etrn_restrictions" {
		return
	}
	permitsMynetworks, permitsSASL := r.permitsMynetworks, r.permitsSASL
	for _, list := range postfix.RestrictionLists() { // a client that is rejected elsewhere is not checked
		if w := c.follow(r.smtpd, list); w.rejectsAtEnd() {
			permitsMynetworks = permitsMynetworks || !w.at.permitsMynetworks
			permitsSASL = permitsSASL || !w.at.permitsSASL
		}
	}
	at := ""
	if r.smtpd.Service != nil {
		at = " that connect to " + r.smtpd.Service.Name
	}
	if networks := checkedNetworks(r.smtpd.Parameters["mynetworks"], s); !permitsMynetworks && len(networks) > 0 {
		c.addRoute(r, conf.Faulty, "own clients"+at+" are checked: nothing before it permits mynetworks, which has "+summary(networks),
			"permit_mynetworks before it, or these networks in skip_addresses")
	}
	if r.smtpd.Parameters["smtpd_sasl_auth_enable"] == "yes" && !permitsSASL && !s.SkipAuthenticated {
		c.addRoute(r, conf.Faulty, "own users"+at+" are checked: nothing before it permits authenticated clients",
			"permit_sasl_authenticated before it, or Skip_Authenticated = Yes")
	}
}

// checkedNetworks returns the networks of mynetworks that are checked. A lookup table
// there counts as one.
func checkedNetworks(mynetworks string, s *conf.Settings) []string {
	var checked []string
	for _, word := range postfix.SplitList(mynetworks) {
		if strings.HasPrefix(word, "!") {
			continue // excluded from what follows
		}
		text := strings.NewReplacer("[", "", "]", "").Replace(word)
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); err != nil && addrErr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil || !covers(s.SkipAddresses, prefix) && !covers(s.Whitelist, prefix) {
			checked = append(checked, word)
		}
	}
	return checked
}

// covers reports whether a network of a list contains all of another.
func covers(networks *conf.Networks, p netip.Prefix) bool {
	found, ok := networks.Find(p.Addr())
	return ok && found.Bits() <= p.Bits()
}

// summary returns the first entries of a list.
func summary(words []string) string {
	const enough = 3
	if len(words) <= enough {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:enough], ", "), len(words)-enough)
}
