// Reads what the product publishes with other people's code: golang.org/x/mod/sumdb/note and tlog, crypto/ed25519.
//
//	peers check FOLDER LOG-VKEY [WITNESS-VKEY ...]   a log as files: checkpoint, tiles, every entry
//	peers cosign SEED NAME TIME < TEXT               a cosignature line and its vkey, as C2SP tlog-cosignature says
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const cosignatureV1 = 4

// witness verifies cosignature/v1 lines; x/mod knows the log's type only.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
	time uint64
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }
func (w *witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	w.time = binary.BigEndian.Uint64(sig)
	return ed25519.Verify(w.key, cosignedMessage(w.time, msg), sig[8:])
}

func cosignedMessage(time uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
}

func keyHash(name string, typed []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), typed...))
	return binary.BigEndian.Uint32(sum[:])
}

func newWitness(vkey string) (*witness, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed vkey")
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 33 || typed[0] != cosignatureV1 {
		return nil, errors.New("no cosignature/v1 key")
	}
	hash := keyHash(parts[0], typed)
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("key hash does not fit")
	}
	return &witness{name: parts[0], hash: hash, key: typed[1:]}, nil
}

// folder reads tiles of C2SP tlog-tiles: the same as Go's, without the height in the path.
type folder string

func (f folder) Height() int { return 8 }
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) entries(size int64) ([][]byte, error) {
	var entries [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: 8, L: -1, N: n, W: int(min(256, size-n*256))}
		data, err := os.ReadFile(filepath.Join(string(f), strings.Replace(tile.Path(), "tile/8/data", "tile/entries", 1)))
		if err != nil {
			return nil, err
		}
		for len(data) > 0 {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, errors.New("a bundle ends in the middle of an entry")
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries = append(entries, data[2:end])
			data = data[end:]
		}
	}
	return entries, nil
}

func check(dir string, vkeys []string) error {
	log, err := note.NewVerifier(vkeys[0])
	if err != nil {
		return err
	}
	verifiers, witnesses := []note.Verifier{log}, []*witness{}
	for _, vkey := range vkeys[1:] {
		made, err := newWitness(vkey)
		if err != nil {
			return err
		}
		witnesses, verifiers = append(witnesses, made), append(verifiers, made)
	}
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	signed := map[string]uint64{}
	for _, signature := range opened.Sigs {
		signed[signature.Name] = 0
	}
	if _, ok := signed[log.Name()]; !ok {
		return errors.New("the log did not sign")
	}
	for _, made := range witnesses {
		if _, ok := signed[made.name]; !ok {
			return fmt.Errorf("%s did not cosign", made.name)
		}
		signed[made.name] = made.time
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, folder(dir))
	entries, err := folder(dir).entries(size)
	if err != nil {
		return err
	}
	if int64(len(entries)) != size {
		return errors.New("entries are missing")
	}
	for n, entry := range entries {
		proof, err := tlog.ProveRecord(size, int64(n), reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, size, root, int64(n), tlog.RecordHash(entry)); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"origin": lines[0], "size": size, "signed": signed})
}

func cosign(seed, name, at string) error {
	secret, err := hex.DecodeString(seed)
	if err != nil || len(secret) != ed25519.SeedSize {
		return errors.New("a seed is 32 bytes in hex")
	}
	time, err := strconv.ParseUint(at, 10, 64)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	key := ed25519.NewKeyFromSeed(secret)
	typed := append([]byte{cosignatureV1}, key.Public().(ed25519.PublicKey)...)
	var line bytes.Buffer
	binary.Write(&line, binary.BigEndian, keyHash(name, typed))
	binary.Write(&line, binary.BigEndian, time)
	line.Write(ed25519.Sign(key, cosignedMessage(time, text)))
	return json.NewEncoder(os.Stdout).Encode(map[string]string{
		"vkey": fmt.Sprintf("%s+%08x+%s", name, keyHash(name, typed), base64.StdEncoding.EncodeToString(typed)),
		"line": fmt.Sprintf("\u2014 %s %s\n", name, base64.StdEncoding.EncodeToString(line.Bytes())),
	})
}

func main() {
	var err error
	switch {
	case len(os.Args) >= 4 && os.Args[1] == "check":
		err = check(os.Args[2], os.Args[3:])
	case len(os.Args) == 5 && os.Args[1] == "cosign":
		err = cosign(os.Args[2], os.Args[3], os.Args[4])
	default:
		err = errors.New("peers check FOLDER LOG-VKEY [WITNESS-VKEY ...] | peers cosign SEED NAME TIME < TEXT")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
