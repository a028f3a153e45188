// Checks a record's checkpoint with the packages that Go's checksum database is built on: the root of transcript.jsonl
// with golang.org/x/mod/sumdb/tlog, the console's signature with golang.org/x/mod/sumdb/note. Cosignatures (C2SP
// tlog-cosignature) are verified with crypto/ed25519 behind note's own Verifier interface.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify_note.go RECORD
//
// prints "ok" and what was checked, or says what does not hold and exits 1.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type entry struct {
	Seq   int64  `json:"seq"`
	Event string `json:"event"`
	Data  struct {
		Origin    string   `json:"origin"`
		Console   string   `json:"console"`
		Person    string   `json:"person"`
		Vkey      string   `json:"vkey"`
		Cosigners []string `json:"cosigners"`
	} `json:"data"`
}

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(h)) {
			return nil, fmt.Errorf("no stored hash %d", index)
		}
		out[i] = h[index]
	}
	return out, nil
}

// cosigner is a key of type 04, which package note does not know itself.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func newCosigner(vkey string) (*cosigner, error) {
	part := strings.SplitN(vkey, "+", 3)
	if len(part) != 3 {
		return nil, fmt.Errorf("no vkey: %q", vkey)
	}
	id, err := hex.DecodeString(part[1])
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.Strict().DecodeString(part[2])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte(part[0]+"\n"), key...))
	if len(key) != 33 || key[0] != 4 || !bytes.Equal(id, sum[:4]) {
		return nil, fmt.Errorf("no cosigner's vkey: %q", vkey)
	}
	return &cosigner{part[0], binary.BigEndian.Uint32(id), ed25519.PublicKey(key[1:])}, nil
}

type record struct {
	stored          hashes
	size            int64
	origin, console string
	vkeys           map[string]string
	closed          bool
	cosigners       []string
}

func (r *record) take(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if e.Seq != r.size {
		return fmt.Errorf("entry %d stands at %d", e.Seq, r.size)
	}
	switch e.Event {
	case "ceremony.opened":
		r.origin, r.console = e.Data.Origin, e.Data.Console
	case "ceremony.resumed":
		r.console = e.Data.Console
	case "person.joined":
		r.vkeys[e.Data.Person] = e.Data.Vkey
	case "ceremony.closed":
		r.closed, r.cosigners = true, e.Data.Cosigners
	}
	more, err := tlog.StoredHashes(r.size, line, r.stored)
	if err != nil {
		return err
	}
	r.stored = append(r.stored, more...)
	r.size++
	return nil
}

func read(path string) (*record, error) {
	transcript, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(transcript, []byte("\n")) {
		return nil, fmt.Errorf("the last line is torn")
	}
	r := &record{vkeys: map[string]string{}}
	for _, line := range bytes.Split(transcript[:len(transcript)-1], []byte("\n")) {
		if err := r.take(line); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *record) verifiers() (note.Verifiers, error) {
	console, err := note.NewVerifier(r.console)
	if err != nil {
		return nil, err
	}
	list := []note.Verifier{console}
	for _, name := range r.cosigners {
		c, err := newCosigner(r.vkeys[name])
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return note.VerifierList(list...), nil
}

func verify(dir string) error {
	r, err := read(filepath.Join(dir, "transcript.jsonl"))
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(r.size, r.stored)
	if err != nil {
		return err
	}
	checkpoint, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	known, err := r.verifiers()
	if err != nil {
		return err
	}
	opened, err := note.Open(checkpoint, known)
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("%s\n%d\n%s\n", r.origin, r.size, root); opened.Text != want {
		return fmt.Errorf("the checkpoint says %q, tlog says %q", opened.Text, want)
	}
	if len(opened.UnverifiedSigs) != 0 || len(opened.Sigs) != 1+len(r.cosigners) {
		return fmt.Errorf("%d signatures verified and %d not, of %d", len(opened.Sigs), len(opened.UnverifiedSigs), 1+len(r.cosigners))
	}
	for i, name := range append([]string{r.origin}, r.cosigners...) {
		if opened.Sigs[i].Name != name {
			return fmt.Errorf("signature %d is by %s, not by %s", i+1, opened.Sigs[i].Name, name)
		}
	}
	fmt.Printf("ok: %d entries, root %s, console and %d cosignatures\n", r.size, root, len(r.cosigners))
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verify_note RECORD")
		os.Exit(2)
	}
	if err := verify(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "verify_note: %v\n", err)
		os.Exit(1)
	}
}
