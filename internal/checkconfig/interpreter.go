package checkconfig

import (
	"archive/zip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"policyd-spf/conf"
	"policyd-spf/internal/postfix"
)

// noReply is what follows if the program does not start.
const noReply = "Postfix gets no reply, and defers mail or does what default_action says"

// checkInterpreter reports an interpreter that argv runs the program with, if
// there is one. Python can run a binary that ends in a zip archive with a
// __main__.py (tools/zipapp); other interpreters cannot run a binary at all.
func (c *checker) checkInterpreter(s *postfix.Service) {
	argv := skipEnv(s.Argv)
	at := slices.IndexFunc(argv, postfix.IsProgram)
	if at < 1 {
		return // spawn(8) starts the program itself
	}
	severity, what := conf.Faulty, "an interpreter cannot run this program, which is a binary: "+noReply
	switch name := interpreterName(argv[0]); {
	case isPython(name):
		severity, what = c.checkPython(s, argv[at])
	case slices.Contains([]string{"sh", "bash", "dash", "ksh", "zsh", "perl", "ruby"}, name) && !slices.Contains(argv[:at], "-c"):
	default:
		return // something that starts programs, such as nice(1)
	}
	c.addService(s, severity, "argv", strings.Join(s.Argv, " "), what, "argv="+strings.Join(argv[at:], " "))
}

// isPython reports whether an interpreter is Python.
func isPython(name string) bool { return name == "python" || name == "pypy" }

// checkPython reports what becomes of the program at path when Python runs it.
func (c *checker) checkPython(s *postfix.Service, path string) (conf.Severity, string) {
	kind, executable, err := inspect(c.locate(s, path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return conf.Faulty, "the file does not exist: " + noReply
	case err != nil:
		return conf.Hint, "cannot tell whether Python can run this file: " + err.Error()
	case kind == script:
		return conf.Hint, "the file is a script, such as the program that this one replaces"
	case kind == binaryWithArchive && !executable:
		return conf.Faulty, "the file is not executable, and Python cannot replace itself with it: " + noReply
	case kind == binaryWithArchive:
		return conf.Hint, "Python replaces itself with the program, which costs 10 to 25 ms for each process"
	}
	return conf.Faulty, "Python cannot run this binary, because the zip archive that make build appends is missing, as it is " +
		"after go install or strip: " + noReply
}

// skipEnv returns argv without a leading env(1) and its options and variables:
// env only finds and starts a program.
func skipEnv(argv []string) []string {
	if filepath.Base(argv[0]) != "env" {
		return argv
	}
	for i := 1; i < len(argv); i++ {
		switch arg := argv[i]; {
		case slices.Contains([]string{"-u", "--unset", "-C", "--chdir"}, arg):
			i++ // its argument
		case strings.HasPrefix(arg, "-S") || strings.HasPrefix(arg, "--split-string"):
			return argv // the command is in one argument
		case !strings.HasPrefix(arg, "-") && !strings.Contains(arg, "="):
			return argv[i:]
		}
	}
	return argv
}

// interpreterName returns the name of a program without its folder and version:
// python for /usr/bin/python3.11.
func interpreterName(path string) string {
	return strings.TrimRight(filepath.Base(path), ".0123456789")
}

// fileKind is what an interpreter sees in a file.
type fileKind int

const (
	binary fileKind = iota
	binaryWithArchive
	script // begins with #!
)

// inspect returns what kind of program a file is, and whether it may be executed.
func inspect(path string) (kind fileKind, executable bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	executable = info.Mode().Perm()&0o111 != 0
	start := make([]byte, len("#!"))
	if _, err := f.ReadAt(start, 0); err == nil && string(start) == "#!" {
		return script, executable, nil
	}
	archive, err := zip.NewReader(f, info.Size())
	if errors.Is(err, zip.ErrFormat) {
		return binary, executable, nil
	}
	if err != nil {
		return 0, false, err
	}
	for _, member := range archive.File {
		if member.Name == "__main__.py" {
			return binaryWithArchive, executable, nil
		}
	}
	return binary, executable, nil
}
