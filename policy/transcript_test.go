package policy

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"policyd-spf/conf"
	"policyd-spf/spf/dns"
)

var update = flag.Bool("update", false, "rewrite the expected parts of ../testdata/transcripts")

// transcripts is the folder of conversations with a server. A file begins with
// what it shows. Sections follow, each after a line "-- NAME --":
//
//	config   the configuration file; as "config, escaped" with the escapes
//	         of a Go string
//	users    the file $DIR/users, for Per_User
//	shadow   the file $DIR/shadow, for Shadow_Config
//	zone     the DNS zone; without it, base.zone
//	request  the attributes of a request, without the empty line; as
//	         "request, escaped" with the escapes of a Go string
//	reply    the expected reply, without the empty line
//	log      the lines that are logged for it, with their severities
//	end      the lines that are logged when the process ends
//
// $DIR is the folder of the configuration and of the per-user file. A trailing
// space is written as ␣.
const transcripts = "../testdata/transcripts"

// section is a part of a transcript.
type section struct{ name, text string }

func TestTranscripts(t *testing.T) {
	base, err := dns.ReadZone(transcripts+"/base.zone", "")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(transcripts + "/*.txt")
	if err != nil || len(files) < 150 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { // time stands still
				got = runTranscript(t, string(text), base)
			})
			switch {
			case got == string(text):
			case *update:
				writeFile(t, file, got)
			default:
				t.Errorf("%s (go test -update rewrites it):\n%s", file, firstDifference(string(text), got))
			}
		})
	}
}

// runTranscript sends a transcript's requests, and returns the transcript as it
// should be.
func runTranscript(t *testing.T, text string, zone *dns.Zone) string {
	head, sections := splitTranscript(text)
	dir := t.TempDir()
	in := &transcriptPeer{sink: &recordedLog{}}
	var config string
	for _, s := range sections {
		switch s.name {
		case "config":
			config = strings.ReplaceAll(s.text, "$DIR", dir)
		case "config, escaped":
			config = unescape(t, s.text)
		case "users":
			writeFile(t, dir+"/users", s.text)
		case "shadow":
			writeFile(t, dir+"/shadow", strings.ReplaceAll(s.text, "$DIR", dir))
		case "zone":
			zone = parseZone(t, s.text)
		case "request":
			in.requests = append(in.requests, s.text+"\n")
		case "request, escaped":
			in.requests = append(in.requests, unescape(t, s.text)+"\n")
		case "reply", "log", "end":
		default:
			t.Fatalf("unknown section %q", s.name)
		}
	}
	writeFile(t, dir+"/policyd-spf.conf", config)
	loaded, err := conf.Load(dir + "/policyd-spf.conf")
	if err != nil {
		t.Fatal(err)
	}
	log := &Log{Sink: in.sink}
	log.LogDiagnostics(loaded.Diagnostics)
	log.Level = loaded.Settings.DebugLevel
	s := Server{Settings: loaded.Settings, Shadow: loadShadow(t, loaded), ConfigFile: dir + "/policyd-spf.conf", Origins: loaded.Origins, Resolver: zone, Log: log, host: "mx.example.net"}
	if err := s.Serve(context.Background(), in, in); err != nil {
		t.Fatal(err)
	}
	end := strings.Join(append(in.sink.lines, ""), "\n")
	return joinTranscript(head, sections, in.answers, end, func(text string) string {
		text = strings.ReplaceAll(text, dir, "$DIR")
		return strings.ReplaceAll(text, " \n", "␣\n")
	})
}

// loadShadow returns the settings of Shadow_Config.
func loadShadow(t *testing.T, loaded *conf.File) *conf.Settings {
	shadow, err := loaded.LoadShadow()
	if err != nil {
		t.Fatal(err)
	}
	if shadow == nil {
		return nil
	}
	return &shadow.Settings
}

// unescape undoes the escapes of a Go string in the lines of a section.
func unescape(t *testing.T, text string) string {
	t.Helper()
	s, err := strconv.Unquote(`"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(text) + `"`)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return s
}

// transcriptPeer is the other end of a server: it sends a request when the one
// before has been answered.
type transcriptPeer struct {
	requests []string
	sink     *recordedLog
	answers  []answer
	rest     string // of the request being sent
}

// answer is the reply to a request, and its log lines.
type answer struct{ reply, log string }

func (c *transcriptPeer) Read(p []byte) (int, error) {
	if c.rest == "" {
		c.collect()
		if len(c.answers) == len(c.requests) {
			return 0, io.EOF
		}
		c.rest = c.requests[len(c.answers)]
		c.answers = append(c.answers, answer{})
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *transcriptPeer) Write(p []byte) (int, error) {
	c.answers[len(c.answers)-1].reply += string(p)
	return len(p), nil
}

// collect takes the lines logged so far.
func (c *transcriptPeer) collect() {
	if len(c.answers) == 0 {
		return // the lines of the start belong to the first request
	}
	for _, line := range c.sink.lines {
		c.answers[len(c.answers)-1].log += line + "\n"
	}
	c.sink.lines = nil
}

func splitTranscript(text string) (head string, sections []section) {
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(line, "-- ")
		if name, end := strings.CutSuffix(name, " --\n"); ok && end {
			sections = append(sections, section{name: name})
			continue
		}
		if len(sections) == 0 {
			head += line
		} else {
			sections[len(sections)-1].text += line
		}
	}
	return head, sections
}

func joinTranscript(head string, sections []section, answers []answer, end string, show func(string) string) string {
	var b strings.Builder
	b.WriteString(head)
	request := -1
	for _, s := range sections {
		switch s.name {
		case "request", "request, escaped":
			request++
		case "reply":
			s.text = show(strings.TrimSuffix(answers[request].reply, "\n"))
		case "log":
			s.text = show(answers[request].log)
		case "end":
			s.text = show(end)
		}
		b.WriteString("-- " + s.name + " --\n" + s.text)
	}
	return b.String()
}

// firstDifference returns the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return "line " + strconv.Itoa(i+1) + "\nwant: " + a + "\ngot:  " + b
		}
	}
	return ""
}
