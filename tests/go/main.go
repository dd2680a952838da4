// Command c2sp shows what the Go tools of the ecosystem make of our files: the note package of the
// Go checksum database, which every log client uses, and the fsck of Tessera.
//
//	c2sp note NAME PUBLIC [WITNESS PUBLIC]... < checkpoint
//	c2sp fsck NAME PUBLIC FOLDER
//
// PUBLIC is an Ed25519 key in hexadecimal. What holds is printed a line each; what does not hold
// ends the program with 1.
package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	formats "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 3 {
		return errors.New("usage: c2sp note|fsck NAME PUBLIC ...")
	}
	key, err := vkey(arguments[1], arguments[2])
	if err != nil {
		return err
	}
	operator, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	switch arguments[0] {
	case "note":
		return open(operator, arguments[3:])
	case "fsck":
		return check(operator, arguments[3])
	}
	return fmt.Errorf("unknown command %q", arguments[0])
}

func vkey(name, public string) (string, error) {
	key, err := hex.DecodeString(public)
	if err != nil {
		return "", err
	}
	return note.NewEd25519VerifierKey(name, key)
}

// open verifies a checkpoint by the operator's key and prints every signature that holds.
func open(operator note.Verifier, witnesses []string) error {
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	verifiers := []note.Verifier{operator}
	for i := 0; i+1 < len(witnesses); i += 2 {
		key, err := vkey(witnesses[i], witnesses[i+1])
		if err != nil {
			return err
		}
		witness, err := formats.NewVerifierForCosignatureV1(key)
		if err != nil {
			return err
		}
		verifiers = append(verifiers, witness)
	}
	opened, err := note.Open(data, note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	for _, signature := range opened.Sigs {
		fmt.Println(signature.Name)
	}
	return nil
}

// check recomputes a log from its bundles and compares every tile and the signed root.
func check(operator note.Verifier, folder string) error {
	log := fsck.New(operator.Name(), operator, files(folder), leaves, fsck.Opts{N: 2})
	if err := log.Check(context.Background()); err != nil {
		return err
	}
	fmt.Println("sound")
	return nil
}

func leaves(bundle []byte) ([][]byte, error) {
	entries := &api.EntryBundle{}
	if err := entries.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := make([][]byte, 0, len(entries.Entries))
	for _, entry := range entries.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	return hashes, nil
}

// files reads a log out of a folder.
type files string

func (f files) read(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(path)))
}

func (f files) ReadCheckpoint(context.Context) ([]byte, error) {
	return f.read(layout.CheckpointPath)
}

func (f files) ReadTile(_ context.Context, level, index uint64, width uint8) ([]byte, error) {
	return f.read(layout.TilePath(level, index, width))
}

func (f files) ReadEntryBundle(_ context.Context, index uint64, width uint8) ([]byte, error) {
	return f.read(layout.EntriesPath(index, width))
}
