package policy

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// recordedLog is a Sink that keeps lines: "info text" or "err text".
type recordedLog struct{ lines []string }

func (l *recordedLog) Write(lines []Line) {
	for _, line := range lines {
		name := "info"
		if line.Priority == Err {
			name = "err"
		}
		l.lines = append(l.lines, name+" "+string(line.Text))
	}
}

// readAll reads all requests of an input. It returns each request, or its error, as
// text.
func readAll(in io.Reader) (requests, log []string) {
	sink := &recordedLog{}
	l := &Log{Sink: sink}
	r := newReader(in, l)
	for {
		request, err := r.next()
		l.Flush()
		switch {
		case err == nil:
			requests = append(requests, fmt.Sprintf("%q", request))
		case errors.Is(err, errLongLine) || errors.Is(err, errLongRequest):
			requests = append(requests, err.Error())
		default:
			return requests, sink.lines
		}
	}
}

func TestReader(t *testing.T) {
	const all = ClientAddress | HELOName | Sender
	show := func(r Request) string { return fmt.Sprintf("%q", r) }
	for _, test := range []struct {
		name, in string
		want     []string
		log      []string
	}{
		{name: "an ordinary request", in: "client_address=192.0.2.1\nhelo_name=a.example\nsender=b@c.example\nrecipient=d@e.example\ninstance=1.2\nqueue_id=4ABC\n\n",
			want: []string{show(Request{
				ClientAddress: "192.0.2.1", HELOName: "a.example", Sender: "b@c.example", Recipient: "d@e.example", Instance: "1.2", QueueID: "4ABC",
			})}},
		{name: "an authenticated client", in: "client_address=192.0.2.1\nhelo_name=\nsender=\nsasl_username=u\nccert_subject=s\nccert_issuer=i\nccert_fingerprint=f\n\n",
			want: []string{show(Request{ClientAddress: "192.0.2.1", SASLUsername: "u", CertSubject: "s", CertIssuer: "i"})}},
		{name: "any order, others between", in: "sender=b@c.example\nfoo=bar\nclient_address=192.0.2.1\nhelo_name=\n\n",
			want: []string{show(Request{ClientAddress: "192.0.2.1", Sender: "b@c.example"})}},
		{name: "an empty request", in: "\n", want: []string{show(Request{Missing: all})}},
		{name: "white space is empty", in: " \t\u3000\n", want: []string{show(Request{Missing: all})}},
		{name: "two requests", in: "\nsender=x\n\n",
			want: []string{show(Request{Missing: all}), show(Request{Sender: "x", Missing: ClientAddress | HELOName})}},
		{name: "CR LF", in: "sender=x\r\n\r\n", want: []string{show(Request{Sender: "x", Missing: ClientAddress | HELOName})}},
		{name: "a CR within stays", in: "sender=x\ry\n\n", want: []string{show(Request{Sender: "x\ry", Missing: ClientAddress | HELOName})}},
		{name: "the last value counts", in: "sender=x\nsender=y\n\n", want: []string{show(Request{Sender: "y", Missing: ClientAddress | HELOName})}},
		{name: "= in a value", in: "sender=a=b==\n\n", want: []string{show(Request{Sender: "a=b==", Missing: ClientAddress | HELOName})}},
		{name: "white space around the name, before the value", in: " sender\u2003= x \n\n", want: []string{show(Request{Sender: " x", Missing: ClientAddress | HELOName})}},
		{name: "capitals", in: "sender=A@B\nqueue_id=Q1\n\n", want: []string{show(Request{Sender: "a@b", QueueID: "Q1", Missing: ClientAddress | HELOName})}},
		{name: "capital sigma in a domain is never final", in: "sender=ΑΣ@ΟΣ.example\nhelo_name=ΟΣ.example\n\n",
			want: []string{show(Request{Sender: "ας@οσ.example", HELOName: "οσ.example", Missing: ClientAddress})}},
		{name: "names have capitals", in: "Sender=x\n\n", want: []string{show(Request{Missing: all})}},
		{name: "not UTF-8", in: "sender=\xe2\x82x\xed\xa0\x80\n\n", want: []string{show(Request{Sender: "\ufffdx\ufffd\ufffd\ufffd", Missing: ClientAddress | HELOName})}},
		{name: "no =", in: "sender\n\n", want: []string{show(Request{Missing: all})}, log: []string{`info ERROR: Could not match line "sender"`}},
		{name: "no name", in: "=x\n\n", want: []string{show(Request{Missing: all})}, log: []string{`info ERROR: Could not match line "=x"`}},
		{name: "white space within the name", in: "sen der=x\n\n", want: []string{show(Request{Missing: all})}, log: []string{`info ERROR: Could not match line "sen der=x"`}},
		{name: "control characters are not logged", in: "\x1b[2J\x00\n\n", want: []string{show(Request{Missing: all})}, log: []string{`info ERROR: Could not match line "?[2J?"`}},
		{name: "the end of the input"},
		{name: "cut off in a line", in: "sender=x\n\nsender=", want: []string{show(Request{Sender: "x", Missing: ClientAddress | HELOName})}},
		{name: "cut off before the empty line", in: "sender=x\n"},
		{name: "a long line, and the next request in step", in: "sender=x\nfoo=" + strings.Repeat("a", 1<<20) + "\nsender=z\n\nsender=y\n\n",
			want: []string{errLongLine.Error(), show(Request{Sender: "y", Missing: ClientAddress | HELOName})}},
		{name: "Unicode's white space around a name", in: "\u2003sender\u00a0=x\nclient\u00a0address=y\n\n",
			want: []string{show(Request{Sender: "x", Missing: ClientAddress | HELOName})}, log: []string{"info ERROR: Could not match line \"client\u00a0address=y\""}},
		{name: "a request just short enough", in: strings.Repeat("foo="+strings.Repeat("x", 1019)+"\n", maxRequest>>10) + "\nsender=y\n\n",
			want: []string{show(Request{Missing: all}), show(Request{Sender: "y", Missing: ClientAddress | HELOName})}},
		{name: "a request a byte too long", in: strings.Repeat("foo="+strings.Repeat("x", 1019)+"\n", maxRequest>>10-1) + "foo=" + strings.Repeat("x", 1020) + "\n\nsender=y\n\n",
			want: []string{errLongRequest.Error(), show(Request{Sender: "y", Missing: ClientAddress | HELOName})}},
		{name: "a line just short enough", in: "foo=" + strings.Repeat("a", maxLine-6) + "\nsender=y\n\n",
			want: []string{show(Request{Sender: "y", Missing: ClientAddress | HELOName})}},
		{name: "a long request, and the next one in step", in: strings.Repeat("foo=bar\n", 100_000) + "\nsender=y\n\n",
			want: []string{errLongRequest.Error(), show(Request{Sender: "y", Missing: ClientAddress | HELOName})}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for way, in := range map[string]io.Reader{
				"at once":       strings.NewReader(test.in),
				"in small ones": iotest.HalfReader(strings.NewReader(test.in)),
				"with the end":  iotest.DataErrReader(strings.NewReader(test.in)),
			} {
				got, log := readAll(in)
				if !slices.Equal(got, test.want) {
					t.Errorf("%s: got %s, want %s", way, got, test.want)
				}
				if !slices.Equal(log, test.log) {
					t.Errorf("%s: logged %q, want %q", way, log, test.log)
				}
			}
		})
	}
}

// TestReaderMemoryIsBounded: no input makes the reader grow past its limits.
func TestReaderMemoryIsBounded(t *testing.T) {
	r := newReader(strings.NewReader(strings.Repeat("sender="+strings.Repeat("x", 10_000)+"\n", 1000)+"\n"), &Log{})
	if _, err := r.next(); !errors.Is(err, errLongRequest) {
		t.Fatalf("got %v, want %v", err, errLongRequest)
	}
	if r.in.Size() > maxLine || len(r.values) > maxRequest {
		t.Errorf("the reader holds %d and %d bytes", r.in.Size(), len(r.values))
	}
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "sender=a@b\r\nhelo_name=c\n\n\n", "a\nb=\n =\n\n", "sender=\xff\xe2\x82\n\n", "sender=ΑΣ\u0130\n \u0085\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		requests, log := readAll(strings.NewReader(string(in)))
		again, _ := readAll(iotest.OneByteReader(strings.NewReader(string(in))))
		if !slices.Equal(requests, again) {
			t.Errorf("read at once %s, byte by byte %s", requests, again)
		}
		empty := 0
		for i, line := range strings.Split(string(in), "\n") {
			if i < strings.Count(string(in), "\n") && len(trimRight([]byte(line))) == 0 {
				empty++
			}
		}
		if len(requests) != empty {
			t.Errorf("%d requests for %d empty lines", len(requests), empty)
		}
		for _, line := range log {
			if !printable(line) {
				t.Errorf("logged %q", line)
			}
		}
	})
}
