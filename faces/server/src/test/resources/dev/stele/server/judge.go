// Judges proof files with the note and tree of golang.org/x/mod/sumdb, unmodified.
//
// Arguments: a file whose first line is the log's public key, and whose others are
// base64(record) space base64(proof file). For each of them it prints "ok" or "no".
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var strict = base64.StdEncoding.Strict()

func holds(key note.Verifier, record, proof []byte) bool {
	blank := bytes.Index(proof, []byte("\n\n"))
	if blank < 0 {
		return false
	}
	lines := strings.Split(string(proof[:blank]), "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return false
	}
	index, err := strconv.ParseInt(lines[1][len("index "):], 10, 64)
	if err != nil || fmt.Sprintf("index %d", index) != lines[1] {
		return false
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := strict.DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return false
		}
		path = append(path, tlog.Hash(hash))
	}
	signed, err := note.Open(proof[blank+2:], note.VerifierList(key))
	if err != nil {
		return false
	}
	for _, signature := range signed.Sigs {
		if _, err := strict.DecodeString(signature.Base64); err != nil {
			return false
		}
	}
	head := strings.Split(signed.Text, "\n")
	if len(head) < 4 || head[0] != key.Name() {
		return false
	}
	size, err := strconv.ParseInt(head[1], 10, 64)
	if err != nil {
		return false
	}
	root, err := strict.DecodeString(head[2])
	if err != nil || len(root) != tlog.HashSize {
		return false
	}
	return tlog.CheckRecord(path, size, tlog.Hash(root), index, tlog.RecordHash(record)) == nil
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	in := bufio.NewScanner(file)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	in.Scan()
	key, err := note.NewVerifier(in.Text())
	if err != nil {
		panic(err)
	}
	for in.Scan() {
		parts := strings.Split(in.Text(), " ")
		record, err := base64.StdEncoding.DecodeString(parts[0])
		if err != nil {
			panic(err)
		}
		proof, err := base64.StdEncoding.DecodeString(parts[1])
		if err != nil {
			panic(err)
		}
		if holds(key, record, proof) {
			fmt.Fprintln(out, "ok")
		} else {
			fmt.Fprintln(out, "no")
		}
	}
}
