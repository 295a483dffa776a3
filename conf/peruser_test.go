package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// perUser returns the settings of a per-user file.
func perUser(t testing.TB, text string) *PerUser {
	t.Helper()
	path := filepath.Join(t.TempDir(), "peruser")
	rewrite(t, path, text, time.Hour)
	return NewPerUser("text," + path)
}

// rewrite writes a file whose time of modification is age ago.
func rewrite(t testing.TB, path, text string, age time.Duration) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func TestPerUserLines(t *testing.T) {
	const table = "# a comment, with comma\n" +
		"\n  \t\n" +
		"Bob@dest.example,HELO_reject=capital\n" +
		"  bob@dest.example , HELO_reject=first # more\n" +
		"bob@dest.example,HELO_reject=second\r\n" +
		"carol@dest.example,HELO_reject=cr\rdave@dest.example,HELO_reject=after cr\n" +
		"none,HELO_reject=none\n" +
		"f\xfcr@dest.example,HELO_reject=latin\n" +
		",HELO_reject=nobody\n" +
		"comma@dest.example,HELO_reject=a,b\n" +
		"last@dest.example,HELO_reject=last"
	p := perUser(t, table)
	for _, test := range []struct {
		user, helo string
		line       int
	}{
		{user: "bob@dest.example", helo: "first", line: 5},
		{user: "Bob@dest.example", helo: "capital", line: 4},
		{user: "carol@dest.example", helo: "cr", line: 7},
		{user: "dave@dest.example", helo: "after cr", line: 8},
		{user: "none", helo: "none", line: 9},
		{user: "f\uFFFDr@dest.example", helo: "latin", line: 10},
		{user: "", helo: "nobody", line: 11},
		{user: "comma@dest.example", helo: "a,b", line: 12},
		{user: "last@dest.example", helo: "last", line: 13},
		{user: "bob", helo: "global", line: 0},
		{user: "bob@dest.example,HELO_reject=first", helo: "global", line: 0},
		{user: "# a comment", helo: "global", line: 0},
	} {
		t.Run(test.user, func(t *testing.T) {
			global := Settings{HELOReject: "global"}
			u := p.Lookup(test.user, global)
			if u.Settings.HELOReject != test.helo || u.Line != test.line || u.Found != (test.line > 0) {
				t.Errorf("got %q of line %d, found: %v", u.Settings.HELOReject, u.Line, u.Found)
			}
			if len(u.Diagnostics) > 0 {
				t.Errorf("diagnostics %q", logged(u.Diagnostics))
			}
		})
	}
}

// Each setting sets its field of Settings, and nothing else.
func TestPerUserSettings(t *testing.T) {
	for _, test := range []struct {
		settings string
		want     func(*Settings)
		log      []string
	}{
		{settings: "debugLevel=5", want: func(s *Settings) { s.DebugLevel = 5 }},
		{settings: "HELO_reject=Null", want: func(s *Settings) { s.HELOReject = "Null" }},
		{settings: "HELO_reject=False |Mail_From_reject=False", want: func(s *Settings) { s.HELOReject, s.MailFromReject = "False ", "False" }},
		{settings: "PermError_reject=True|TempError_Defer=True", want: func(s *Settings) { s.PermErrorReject, s.TempErrorDefer = true, true }},
		{settings: "Mail_From_pass_restriction=a|HELO_pass_restriction=b", want: func(s *Settings) { s.MailFromPassRestriction, s.HELOPassRestriction = "a", "b" }},
		{settings: "Prospective=192.0.2.1", want: func(s *Settings) { s.Prospective = "192.0.2.1" }},
		{settings: "Whitelist=::1, x|skip_addresses=", want: func(s *Settings) { s.Whitelist, s.SkipAddresses = ParseNetworks("::1,x"), ParseNetworks("") }},
		{settings: "Domain_Whitelist=a,b|Domain_Whitelist_PTR=c|HELO_Whitelist=d", want: func(s *Settings) {
			s.DomainWhitelist, s.DomainWhitelistPTR, s.HELOWhitelist = []string{"a", "b"}, []string{"c"}, []string{"d"}
		}},
		{settings: "No_Mail=True|Reject_Not_Pass_Domains=A", want: func(s *Settings) { s.NoMail, s.RejectNotPassDomains = true, []string{"a"} }},
		{settings: "SPF_Enhanced_Status_Codes=No|Header_Type=AR|Hide_Receiver=No", want: func(s *Settings) {
			s.EnhancedStatusCodes, s.HeaderType, s.HideReceiver = false, "AR", false
		}},
		{settings: "Lookup_Time=1|Whitelist_Lookup_Time= 2 |Void_Limit=0", want: func(s *Settings) { s.LookupTime, s.WhitelistLookupTime, s.VoidLimit = 1, 2, 0 }},
		{settings: "Reason_Message=User: {spf}", want: func(s *Settings) { s.ReasonMessage = "User: {spf}" }},
		{settings: "HELO_reject=a|HELO_reject=b", want: func(s *Settings) { s.HELOReject = "b" }},
		{settings: "Skip_Authenticated=Yes|Skip_Private=Yes|Skip_Sender_Domains=A.example", want: func(s *Settings) {
			s.SkipAuthenticated, s.SkipPrivate, s.SkipSenderDomains = true, true, []string{"a.example"}
		}},
		{settings: "Leave_DMARC=All|Pass_By_All=No", want: func(s *Settings) { s.LeaveDMARC, s.PassByAll = "All", false }},
		{settings: "HELO_softfail_restriction=a|Mail_From_temperror_restriction=b", want: func(s *Settings) {
			s.HELORestrictions.Softfail, s.MailFromRestrictions.Temperror = "a", "b"
		}},
		{settings: "Authserv-Id=x|defaultSeedOnly=0", want: func(*Settings) {}},

		{settings: "", want: func(*Settings) {}, log: []string{`0 err ERROR parsing "" from file "peruser" in per user settings`}},
		{settings: "HELO_reject=a|", want: func(s *Settings) { s.HELOReject = "a" }, log: []string{`0 err ERROR parsing "" from file "peruser" in per user settings`}},
		{settings: "HELO_reject|Mail_From_reject=a", want: func(s *Settings) { s.MailFromReject = "a" },
			log: []string{`0 err ERROR parsing "HELO_reject" from file "peruser" in per user settings`}},
		{settings: "Reason_Message=a=b|HELO_reject=a", want: func(s *Settings) { s.HELOReject = "a" },
			log: []string{`0 err ERROR parsing "Reason_Message=a=b" from file "peruser" in per user settings`}},
		{settings: "Lookup_Time=ten|HELO_reject=a", want: func(s *Settings) { s.HELOReject = "a" },
			log: []string{`0 err ERROR: bad value "ten" for "Lookup_Time" in file "peruser" in per user settings`}},
		{settings: "Lookup_Time=5|Lookup_Time=ten", want: func(s *Settings) { s.LookupTime = 5 },
			log: []string{`0 err ERROR: bad value "ten" for "Lookup_Time" in file "peruser" in per user settings`}},
		{settings: "=0", want: func(*Settings) {}, log: []string{`0 err ERROR: Unknown name "" in file "peruser" in per user settings`}},
		{settings: "TestOnly=0", want: func(*Settings) {}, log: []string{`0 err ERROR: Unknown name "TestOnly" in file "peruser" in per user settings`}},
		{settings: "Mock=True|Per_User=x", want: func(*Settings) {}, log: []string{
			`0 err ERROR: Unknown name "Mock" in file "peruser" in per user settings`,
			`0 err ERROR: Unknown name "Per_User" in file "peruser" in per user settings`}},
		{settings: "Shadow_Config=/x|Log_Format=kv", want: func(*Settings) {}, log: []string{
			`0 err ERROR: Unknown name "Shadow_Config" in file "peruser" in per user settings`,
			`0 err ERROR: Unknown name "Log_Format" in file "peruser" in per user settings`}},
		{settings: "Void_Count=Terms|Void_Dual_Stack=Yes", want: func(*Settings) {}, log: []string{
			`0 err ERROR: Unknown name "Void_Count" in file "peruser" in per user settings`,
			`0 err ERROR: Unknown name "Void_Dual_Stack" in file "peruser" in per user settings`}},
		{settings: "Authserv_Id=x", want: func(*Settings) {}, log: []string{`0 err ERROR: Unknown name "Authserv_Id" in file "peruser" in per user settings`}},
		{settings: "QueueID=1|Reason_URL=x", want: func(*Settings) {}, log: []string{
			`0 err ERROR: Unknown name "QueueID" in file "peruser" in per user settings`,
			`0 err ERROR: Unknown name "Reason_URL" in file "peruser" in per user settings`}},
		{settings: " HELO_reject=a", want: func(s *Settings) { s.HELOReject = "a" }}, // white space around all settings does not count
		{settings: "No_Mail=True| HELO_reject=a", want: func(s *Settings) { s.NoMail = true },
			log: []string{`0 err ERROR: Unknown name " HELO_reject" in file "peruser" in per user settings`}},
	} {
		t.Run(strings.ReplaceAll(test.settings, ",", ";"), func(t *testing.T) { // a comma would get into the path
			want := Default()
			test.want(&want)
			u := perUser(t, "u,"+test.settings+"\n").Lookup("u", Default())
			if !reflect.DeepEqual(u.Settings, want) {
				t.Errorf("got %+v\nwant %+v", u.Settings, want)
			}
			if got := logged(u.Diagnostics); !slices.Equal(got, test.log) {
				t.Errorf("log %q\nwant %q", got, test.log)
			}
		})
	}
}

func TestPerUserNames(t *testing.T) {
	u := perUser(t, "u,HELO_reject=a|Authserv-Id=x|x=y\n").Lookup("u", Default())
	if want := []string{"HELO_reject", "Authserv_Id"}; !slices.Equal(u.Names, want) {
		t.Errorf("got %q, want %q", u.Names, want)
	}
}

// A bad line is reported if it comes before the user's, where the original stops
// reading.
func TestPerUserBadLines(t *testing.T) {
	p := perUser(t, "first,HELO_reject=a\njunk one\nbob,HELO_reject=b\n junk two # x\n")
	one := `0 err ERROR parsing line "junk one" from file "peruser" in per user settings`
	two := `0 err ERROR parsing line "junk two" from file "peruser" in per user settings`
	for user, want := range map[string][]string{"first": nil, "bob": {one}, "carol": {one, two}} {
		t.Run(user, func(t *testing.T) {
			if got := logged(p.Lookup(user, Default()).Diagnostics); !slices.Equal(got, want) {
				t.Errorf("log %q, want %q", got, want)
			}
		})
	}
}

func TestPerUserManyBadLines(t *testing.T) {
	p := perUser(t, strings.Repeat("junk\n", 20)+"early,HELO_reject=a\n"+strings.Repeat("junk\n", 1000))
	if n := len(p.Lookup("early", Default()).Diagnostics); n != 20 {
		t.Errorf("%d diagnostics before the user's line, want 20", n)
	}
	u := p.Lookup("u", Default())
	if n := len(u.Diagnostics); n != 21 || u.Diagnostics[n-1].Line != 22 {
		t.Fatalf("%d diagnostics, the last of line %d, want 21 and 22", n, u.Diagnostics[n-1].Line)
	}
	lines := logged(u.Diagnostics)
	want := `0 err ERROR: more bad lines in file "peruser" in per user settings, not logged`
	if got := lines[len(lines)-1]; got != want {
		t.Errorf("the last one is %q, want %q", got, want)
	}
}

// Diagnostics and settings of one request do not affect those of another.
func TestPerUserDoesNotLeak(t *testing.T) {
	p := perUser(t, "junk\nbob,HELO_reject=b|x=y|Whitelist=10.0.0.0/8|Domain_Whitelist=bob.example\ncarol,Mail_From_reject=c|z=\n")
	global := Default()
	global.DomainWhitelist = []string{"global.example"}
	bob, carol, dave := p.Lookup("bob", global), p.Lookup("carol", global), p.Lookup("dave", global)
	if carol.Settings.HELOReject != "Fail" || carol.Settings.Whitelist != nil || carol.Settings.DomainWhitelist[0] != "global.example" {
		t.Errorf("carol has bob's settings: %+v", carol.Settings)
	}
	if !reflect.DeepEqual(dave.Settings, global) || dave.Found {
		t.Errorf("dave has settings: %+v", dave.Settings)
	}
	junk := `0 err ERROR parsing line "junk" from file "peruser" in per user settings`
	for name, test := range map[string]struct {
		got  UserSettings
		want []string
	}{
		"bob":   {got: bob, want: []string{junk, `0 err ERROR: Unknown name "x" in file "peruser" in per user settings`}},
		"carol": {got: carol, want: []string{junk, `0 err ERROR: Unknown name "z" in file "peruser" in per user settings`}},
		"dave":  {got: dave, want: []string{junk}},
	} {
		if got := logged(test.got.Diagnostics); !slices.Equal(got, test.want) {
			t.Errorf("%s: log %q, want %q", name, got, test.want)
		}
	}
}

func TestPerUserRereadsWhenChanged(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, path string)
	}{
		{name: "another size", change: func(t *testing.T, path string) { rewrite(t, path, "u,HELO_reject=after\n", time.Hour) }},
		{name: "another time", change: func(t *testing.T, path string) { rewrite(t, path, "u,HELO_reject=afte\n", time.Minute) }},
		{name: "another file", change: func(t *testing.T, path string) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			rewrite(t, path+".new", "u,HELO_reject=afte\n", time.Hour)
			if err := os.Chtimes(path+".new", info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := perUser(t, "u,HELO_reject=befo\n")
			before := p.Lookup("u", Default()).Settings.HELOReject
			test.change(t, p.path)
			if after := p.Lookup("u", Default()).Settings.HELOReject; before != "befo" || !strings.HasPrefix(after, "afte") {
				t.Errorf("%q, then %q", before, after)
			}
		})
	}
}

// A change in place is noticed although size and modification time are the same.
func TestPerUserRereadsWhenTimeWasSetBack(t *testing.T) {
	p := perUser(t, "u,HELO_reject=befo\n")
	waitForChangeTime(t, p.path)
	before := p.Lookup("u", Default()).Settings.HELOReject
	if p.version == (fileVersion{}) {
		t.Fatal("the file counts as changed a moment ago")
	}
	f, err := os.OpenFile(p.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("u,HELO_reject=afte\n"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(p.path, time.Time{}, time.Unix(0, p.version.modified)); err != nil {
		t.Fatal(err)
	}
	if after := p.Lookup("u", Default()).Settings.HELOReject; before != "befo" || after != "afte" {
		t.Errorf("HELO_reject is %q, then %q, want befo and afte", before, after)
	}
}

// waitForChangeTime waits until the last change of a file is older than the
// resolution of file timestamps.
func waitForChangeTime(t testing.TB, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for !versionOf(info).showsChangeAfter(time.Now()) {
		runtime.Gosched()
	}
}

// A change in place is noticed within the resolution of file timestamps, too.
func TestPerUserRereadsWithinTimestampResolution(t *testing.T) {
	p := perUser(t, "")
	then := time.Now().Add(-time.Hour)
	for i := range 100 {
		want := fmt.Sprint(100 + i)
		if err := os.WriteFile(p.path, []byte("u,HELO_reject="+want+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p.path, then, then); err != nil {
			t.Fatal(err)
		}
		if got := p.Lookup("u", Default()).Settings.HELOReject; got != want {
			t.Fatalf("HELO_reject is %q after change %d, want %q", got, i, want)
		}
		info, err := os.Stat(p.path)
		if err != nil {
			t.Fatal(err)
		}
		if !versionOf(info).showsChangeAfter(time.Now()) && p.version != (fileVersion{}) {
			t.Fatalf("the version of a file that changed a moment ago is kept after change %d", i)
		}
	}
}

// The size of a file over the limit is known before it is read.
func TestPerUserDoesNotReadLargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large")
	rewrite(t, path, "", time.Hour)
	if err := os.Truncate(path, maxPerUserSize+1); err != nil {
		t.Fatal(err)
	}
	p := NewPerUser("text," + path)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	u := p.Lookup("u", Default())
	runtime.ReadMemStats(&after)
	if len(u.Diagnostics) != 1 {
		t.Errorf("diagnostics %+v, want one", u.Diagnostics)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<10 {
		t.Errorf("a request allocates %d bytes", used)
	}
}

// A file that changed a moment ago can change again and keep its timestamps.
func TestPerUserRereadsFreshFile(t *testing.T) {
	p := perUser(t, "")
	for i := range 3 {
		rewrite(t, p.path, fmt.Sprintf("u,HELO_reject=%d\n", i), 0)
		if got := p.Lookup("u", Default()).Settings.HELOReject; got != fmt.Sprint(i) {
			t.Errorf("got %q after change %d", got, i)
		}
	}
}

func TestPerUserReadsOnce(t *testing.T) {
	p := perUser(t, "u,HELO_reject=a\n")
	waitForChangeTime(t, p.path)
	p.Lookup("u", Default())
	table := p.table
	p.Lookup("u", Default())
	if p.table != table {
		t.Error("the file was read again though it did not change")
	}
}

func TestPerUserUnusable(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	large := filepath.Join(dir, "large")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	rewrite(t, large, "", 0)
	if err := os.Truncate(large, maxPerUserSize+1); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, value, want string }{
		{name: "no comma", value: "/x", want: `ERROR: Per_User "/x" not understood`},
		{name: "unknown type", value: "sql,/x", want: `ERROR: Per_User "sql,/x" not understood`},
		{name: "type in capitals", value: "TEXT,/x", want: `ERROR: Per_User "TEXT,/x" not understood`},
		{name: "two commas", value: "text,/x,/y", want: `ERROR: Per_User "text,/x,/y" not understood`},
		{name: "space before the path", value: "text, /x", want: `ERROR stating " /x": No such file or directory`},
		{name: "no path", value: "text,", want: `ERROR stating "": No such file or directory`},
		{name: "directory", value: "text," + dir, want: `ERROR opening "` + dir + `": Is a directory`},
		{name: "FIFO", value: "text," + fifo, want: `ERROR opening "` + fifo + `": Not a regular file`},
		{name: "too large", value: "text," + large, want: `ERROR opening "` + large + `": File too large`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := NewPerUser(test.value)
			for range 2 { // each request
				u := p.Lookup("u", Default())
				if u.Found || !reflect.DeepEqual(u.Settings, Default()) {
					t.Errorf("got %+v", u)
				}
				if len(u.Diagnostics) != 1 || u.Diagnostics[0].Text != test.want || !u.Diagnostics[0].Err || u.Diagnostics[0].Level != 0 {
					t.Errorf("diagnostics %+v", u.Diagnostics)
				}
			}
		})
	}
}

func TestPerUserVanishesAndReturns(t *testing.T) {
	p := perUser(t, "u,HELO_reject=a\n")
	p.Lookup("u", Default())
	if err := os.Rename(p.path, p.path+".away"); err != nil {
		t.Fatal(err)
	}
	if u := p.Lookup("u", Default()); u.Found || len(u.Diagnostics) != 1 {
		t.Errorf("without the file: %+v", u)
	}
	if err := os.Rename(p.path+".away", p.path); err != nil {
		t.Fatal(err)
	}
	if u := p.Lookup("u", Default()); u.Settings.HELOReject != "a" {
		t.Errorf("with the file again: %+v", u)
	}
}

// A directory on the way that vanishes and returns leaves the file's version as it
// was.
func TestPerUserDirectoryVanishesAndReturns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := NewPerUser("text," + filepath.Join(dir, "peruser"))
	rewrite(t, p.path, "u,HELO_reject=a\n", time.Hour)
	waitForChangeTime(t, p.path)
	p.Lookup("u", Default())
	if p.version == (fileVersion{}) {
		t.Fatal("the file counts as changed a moment ago")
	}
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if u := p.Lookup("u", Default()); u.Found || len(u.Diagnostics) != 1 {
		t.Errorf("without the directory: %+v", u)
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if u := p.Lookup("u", Default()); u.Settings.HELOReject != "a" {
		t.Errorf("with the directory again: %+v", u)
	}
}

// Appending to the diagnostics of one request does not change those of another, if
// all bad lines come before the users'.
func TestPerUserDiagnosticsAreApart_allBefore(t *testing.T) {
	p := perUser(t, "junk\njunk\njunk\nbob,x=1\ncarol,y=1\n")
	waitForChangeTime(t, p.path)
	bob := p.Lookup("bob", Default())
	carol := p.Lookup("carol", Default())
	if bob.Diagnostics[3].Name != "x" || carol.Diagnostics[3].Name != "y" {
		t.Errorf("bob's setting is %s, carol's %s, want x and y", bob.Diagnostics[3].Name, carol.Diagnostics[3].Name)
	}
}

// The same if bad lines come after the users'.
func TestPerUserDiagnosticsAreApart(t *testing.T) {
	p := perUser(t, "junk 1\njunk 2\njunk 3\nbob,x=1\ncarol,y=1\njunk 4\n")
	waitForChangeTime(t, p.path)
	bob := p.Lookup("bob", Default())
	carol := p.Lookup("carol", Default())
	dave := p.Lookup("dave", Default())
	for _, test := range []struct {
		name string
		got  []Diagnostic
		want []string
	}{
		{name: "bob", got: bob.Diagnostics, want: []string{"junk 1", "junk 2", "junk 3", "1"}},
		{name: "carol", got: carol.Diagnostics, want: []string{"junk 1", "junk 2", "junk 3", "1"}},
		{name: "dave", got: dave.Diagnostics, want: []string{"junk 1", "junk 2", "junk 3", "junk 4"}},
	} {
		var values []string
		for _, d := range test.got {
			values = append(values, d.Value)
		}
		if !slices.Equal(values, test.want) {
			t.Errorf("%s: diagnostics of %q, want %q", test.name, values, test.want)
		}
	}
	if bob.Diagnostics[3].Name != "x" || carol.Diagnostics[3].Name != "y" {
		t.Errorf("bob's setting is %s, carol's %s, want x and y", bob.Diagnostics[3].Name, carol.Diagnostics[3].Name)
	}
}

// A file of 64 MB is not too large.
func TestPerUserLargestFile(t *testing.T) {
	p := perUser(t, "u,HELO_reject=a\n")
	if err := os.Truncate(p.path, 64<<20); err != nil {
		t.Fatal(err)
	}
	if u := p.Lookup("u", Default()); u.Settings.HELOReject != "a" {
		t.Errorf("found: %v, diagnostics %d", u.Found, len(u.Diagnostics))
	}
}

// FuzzUserTable compares find with a search line by line.
func FuzzUserTable(f *testing.F) {
	f.Add("a,b\n", "a")
	f.Add("a,b\na,c\n#a\n x , y # z\r\njunk\r,\n", "x")
	f.Fuzz(func(t *testing.T, text, user string) {
		text = universalNewlines(text)
		table := makeUserTable(text)
		users := []string{user}
		wantSettings, wantLine := map[string]string{}, map[string]int{}
		var bad []int
		for i, line := range strings.Split(text, "\n") {
			line = TrimSpace(strings.Split(line, "#")[0])
			parts := strings.SplitN(line, ",", 2)
			if line != "" && len(parts) < 2 && len(bad) < maxBadLines {
				bad = append(bad, i+1)
			}
			if name := TrimSpace(parts[0]); len(parts) == 2 && wantLine[name] == 0 {
				users = append(users, name)
				wantSettings[name], wantLine[name] = TrimSpace(parts[1]), i+1
			}
		}
		for _, user := range users {
			settings, line := table.find(user)
			if settings != wantSettings[user] || line != wantLine[user] {
				t.Errorf("%q in %q: %q of line %d, want %q of line %d", user, text, settings, line, wantSettings[user], wantLine[user])
			}
		}
		if !slices.Equal(table.bad, bad) {
			t.Errorf("bad lines of %q: %v, want %v", text, table.bad, bad)
		}
	})
}

// manyUsers returns a per-user file of n users.
func manyUsers(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "user%d@dest.example,HELO_reject=False|Mail_From_reject=Softfail\n", i)
	}
	return s.String()
}

func BenchmarkPerUser(b *testing.B) {
	for _, size := range []int{1, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := perUser(b, manyUsers(size))
			global := Default()
			user := fmt.Sprintf("user%d@dest.example", size-1)
			waitForChangeTime(b, p.path)
			p.Lookup(user, global)
			b.ReportAllocs()
			for b.Loop() {
				p.Lookup(user, global)
			}
		})
	}
}

func BenchmarkMakeUserTable(b *testing.B) {
	text := manyUsers(100_000)
	b.ReportAllocs()
	for b.Loop() {
		makeUserTable(text)
	}
}
