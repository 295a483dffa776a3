// Zipapp appends a Python zip application to a binary, so that an interpreter
// can be given the binary as its script:
//
//	zipapp BINARY
//
// Python 2.6 and later run a file that ends in a zip archive with a __main__.py
// (https://docs.python.org/3/library/zipapp.html). This one replaces the
// interpreter with the binary. The kernel and the Go run-time system ignore what
// follows the last segment of an ELF file.
//
// The archive is the same for every binary and at any time, so that builds stay
// reproducible. A binary that has it already is left alone.
package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"
)

// mainPy is the application. An interpreter searches no PATH for its script:
// argv[0] is a path, and may be relative. execv keeps the process ID, the
// environment and the descriptors, which is all that spawn(8) hands over.
const mainPy = `import os, sys
os.execv(os.path.abspath(sys.argv[0]), sys.argv)
`

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: zipapp BINARY")
		os.Exit(2)
	}
	archive, err := application()
	if err == nil {
		err = appendOnce(os.Args[1], archive)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "zipapp: %v\n", err)
		os.Exit(1)
	}
}

// application returns the archive. Its offsets count from its own start, which
// zip readers, Python's among them, correct for the data before it. The member is
// stored, because an interpreter may have been built without zlib.
func application() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header := &zip.FileHeader{
		Name:     "__main__.py",
		Method:   zip.Store,
		Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC), // the first that MS-DOS can express
	}
	header.SetMode(0o644)
	f, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write([]byte(mainPy)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// appendOnce appends the archive to the file unless the file ends in it already.
// It refuses a file that ends in another archive, as of another version.
func appendOnce(name string, archive []byte) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if bytes.HasSuffix(data, archive) {
		return nil
	}
	if _, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); !errors.Is(err, zip.ErrFormat) {
		return fmt.Errorf("%s ends in another zip archive; remove it and build again", name)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(archive)
	return errors.Join(err, f.Close())
}
