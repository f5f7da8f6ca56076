// Verifies tlog-proofs with code that is not the ledger's: filippo.io/torchwood, by the author of the format, and
// golang.org/x/mod/sumdb, by the author of signed notes. JSON cases on stdin, one answer each on stdout: "" is yes.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Policy string // c2sp.org/tlog-policy
	LogKey string // vkey
	Proof  []byte // the .tlog-proof file
	Entry  []byte // the .entry file
	Index  int64  // for sumdb, which has no proof format: what the file says
	Path   [][]byte
}

type answer struct {
	Torchwood string
	Sumdb     string
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		log.Fatal(err)
	}
	answers := make([]answer, len(questions))
	for i, q := range questions {
		answers[i] = answer{words(byTorchwood(q)), words(bySumdb(q))}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func byTorchwood(q question) error {
	policy, err := torchwood.ParsePolicy([]byte(q.Policy))
	if err != nil {
		log.Fatal(err)
	}
	return torchwood.VerifyProof(policy, tlog.RecordHash(q.Entry), q.Proof)
}

func bySumdb(q question) error {
	key, err := note.NewVerifier(q.LogKey)
	if err != nil {
		log.Fatal(err)
	}
	_, signed, _ := strings.Cut(string(q.Proof), "\n\n")
	opened, err := note.Open([]byte(signed), note.VerifierList(key))
	if err != nil {
		return err
	}
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return err
	}
	if checkpoint.Origin != key.Name() {
		return errors.New("another origin")
	}
	var path tlog.RecordProof
	for _, hash := range q.Path {
		path = append(path, tlog.Hash(hash))
	}
	return tlog.CheckRecord(path, checkpoint.N, checkpoint.Hash, q.Index, tlog.RecordHash(q.Entry))
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
