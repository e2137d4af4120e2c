package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"sync"
)

// maxMessage bounds a message, so that a wrong length does not take all memory.
const maxMessage = 64 << 20

// message is one of JSON-RPC 2.0: a request, a notification (without ID) or a response.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *rpcError       `json:"error,omitempty"`
}

// rpcError is a failure of a request.
type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// The codes of JSON-RPC and of the protocol that are used here.
const (
	codeParse          = -32700
	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
	codeNotInitialized = -32002
	codeCancelled      = -32800
	codeFailed         = -32803
)

// connection reads and writes messages, each after a header with its length.
type connection struct {
	in  *bufio.Reader
	mu  sync.Mutex // of out
	out io.Writer
}

// read returns the next message; io.EOF at the end of the stream.
func (c *connection) read() (*message, error) {
	header, err := textproto.NewReader(c.in).ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil || n < 0 || n > maxMessage {
		return nil, fmt.Errorf("the header gives the length %q", header.Get("Content-Length"))
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(c.in, data); err != nil {
		return nil, err
	}
	m := &message{}
	if err := json.Unmarshal(data, m); err != nil {
		return &message{Error: &rpcError{codeParse, err.Error()}}, nil
	}
	return m, nil
}

// write sends a message. It may be called from many goroutines.
func (c *connection) write(m *message) error {
	m.Version = "2.0"
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err = fmt.Fprintf(c.out, "Content-Length: %d\r\n\r\n%s", len(data), data)
	return err
}

// notify sends a notification.
func (c *connection) notify(method string, params any) error {
	data, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return c.write(&message{Method: method, Params: data})
}

// respond answers a request.
func (c *connection) respond(id json.RawMessage, result any, failure *rpcError) error {
	m := &message{ID: id, Error: failure}
	if failure == nil {
		data, err := json.Marshal(result)
		if err != nil {
			return err
		}
		m.Result = data
	}
	return c.write(m)
}
