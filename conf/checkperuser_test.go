package conf

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCheckPerUser(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{name: "good", text: "# c\n\na@b,HELO_reject=False\n"},
		{name: "no comma", text: "a@b\n", want: []string{"peruser:1: problem: a@b: no comma after the user; expected user,settings; used: the line is ignored"}},
		{name: "capitals", text: "A@b,HELO_reject=False\n", want: []string{
			"peruser:1: problem: user = A@b: recipients are compared in lower case, so this never matches; expected a@b"}},
		{name: "entries that match nobody", text: "*@b,No_Mail=True\n@b,No_Mail=True\na@,No_Mail=True\n<a@b>,No_Mail=True\na@b.,No_Mail=True\npostmaster,No_Mail=True\n", want: []string{
			"peruser:1: problem: user = *@b: an asterisk stands for itself, so this never matches; expected the address of one recipient",
			"peruser:2: problem: user = @b: not a whole address, so this never matches; expected the address of one recipient",
			"peruser:3: problem: user = a@: not a whole address, so this never matches; expected the address of one recipient",
			"peruser:4: problem: user = <a@b>: recipients have no angle brackets, so this never matches; expected a@b",
			"peruser:5: problem: user = a@b.: recipients have no final dot, so this never matches; expected a@b"}},
		{name: "setting twice", text: "a@b,HELO_reject=False|No_Mail=True|HELO_reject=Fail\n", want: []string{
			"peruser:1: problem: HELO_reject = Fail: set before in this line; expected each setting once; used: the last one that is valid"}},
		{name: "byte order mark", text: "\ufeffa@b,HELO_reject=False\n", want: []string{
			"peruser:1: problem: user = \ufeffa@b: a byte order mark before it, so this never matches; expected a@b as the first bytes of the file"}},
		{name: "twice", text: "\na@b,HELO_reject=False\na@b,HELO_reject=Fail\n", want: []string{
			"peruser:3: problem: user = a@b: the user is in line 2 already; used: the first line"}},
		{name: "unknown name", text: "a@b,helo_reject=False\n", want: []string{
			"peruser:1: problem: helo_reject = False: unknown name; expected a setting of policyd-spf.peruser(5) (perhaps HELO_reject); used: the setting is ignored"}},
		{name: "not per user", text: "a@b,TestOnly=0\n", want: []string{
			"peruser:1: problem: TestOnly = 0: unknown name; expected a setting of policyd-spf.peruser(5); used: the setting is ignored"}},
		{name: "bad number", text: "a@b,Lookup_Time=x\n", want: []string{
			"peruser:1: problem: Lookup_Time = x: bad value; expected a whole number; used: the setting is ignored"}},
		{name: "space in a value", text: "a@b,HELO_reject=False |No_Mail=True\n", want: []string{
			"peruser:1: problem: HELO_reject = False : not one of the values, which are case-sensitive; expected one of SPF_Not_Pass, Softfail, Fail, Null, False, No_Check; used: nothing is rejected"}},
		{name: "bad number that would be another problem", text: "a@b,Void_Limit=x\n", want: []string{
			"peruser:1: problem: Void_Limit = x: bad value; expected a whole number; used: the setting is ignored"}},
		{name: "two equals signs in a word", text: "a@b,HELO_reject=a=b\n", want: []string{
			"peruser:1: problem: HELO_reject = a=b: not a name, one = and a value; expected name=value; used: the setting is ignored"}},
		{name: "setting without effect", text: "a@b,defaultSeedOnly=0|Authserv-Id=x\n"},
		{name: "host bits", text: "a@b,Whitelist=10.0.0.1/8\n", want: []string{
			"peruser:1: problem: Whitelist = 10.0.0.1/8: 10.0.0.1/8 is a network with host bits set; expected 10.0.0.0/8, if the whole network is meant; used: the entry is ignored"}},
		{name: "two equals signs", text: "a@b,Reason_Message=x=y\n", want: []string{
			"peruser:1: problem: Reason_Message = x=y: not a name, one = and a value; expected name=value; used: the setting is ignored"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "peruser")
			rewrite(t, path, test.text, time.Hour)
			var got []string
			for _, line := range found(t, "Per_User = text,"+path) {
				got = append(got, strings.ReplaceAll(line, path, "peruser"))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
