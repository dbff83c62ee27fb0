// Package service has the resources of servers and clients: bodies, rows, contexts, shutdown.
package service

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

var client = &http.Client{Timeout: 10 * time.Second}

var errStatus = errors.New("unexpected status")

func statusFirst(url string) ([]byte, error) {
	resp, err := client.Get(url) // want: body-not-closed
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func statusFirstClosed(url string) ([]byte, error) {
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

type api struct {
	http *http.Client
	base string
}

func (a *api) get(path string, to any) error {
	req, err := http.NewRequest("GET", a.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := a.http.Do(req) // want: body-not-closed
	if err != nil {
		return err
	}
	return json.NewDecoder(resp.Body).Decode(to)
}

func (a *api) getClosed(path string, to any) error {
	req, err := http.NewRequest("GET", a.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(to)
}

func ping(url string) bool {
	resp, err := http.Post(url, "text/plain", nil) // want: body-not-closed
	return err == nil && resp.StatusCode == 200
}

func pingClosed(url string) bool {
	resp, err := http.Post(url, "text/plain", nil)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == 200
}

// The response of a HEAD has no body.
func exists(url string) bool {
	resp, err := http.Head(url)
	return err == nil && resp.StatusCode == 200
}

func retryGet(url string) (string, error) {
	for i := 0; i < 3; i++ {
		resp, err := http.Get(url) // want: body-not-closed
		if err != nil {
			continue
		}
		if resp.StatusCode == 503 {
			time.Sleep(time.Second)
			continue
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		return string(b), err
	}
	return "", errStatus
}

func retryGetClosed(url string) (string, error) {
	for i := 0; i < 3; i++ {
		resp, err := http.Get(url)
		if err != nil {
			continue
		}
		if resp.StatusCode == 503 {
			resp.Body.Close()
			time.Sleep(time.Second)
			continue
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		return string(b), err
	}
	return "", errStatus
}

func firstUser(db *sql.DB) (id int64) {
	rows, err := db.Query("SELECT id FROM users") // want: rows-not-closed
	if err != nil {
		return 0
	}
	if rows.Next() {
		rows.Scan(&id)
	}
	return id
}

func firstUserClosed(db *sql.DB) (id int64) {
	rows, err := db.Query("SELECT id FROM users")
	if err != nil {
		return 0
	}
	defer rows.Close()
	if rows.Next() {
		rows.Scan(&id)
	}
	return id
}

func names(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM users") // want: rows-not-closed
	if err != nil {
		return nil, err
	}
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, rows.Err()
}

func namesClosed(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM users")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		all = append(all, name)
	}
	return all, rows.Err()
}

func inTransaction(tx *sql.Tx, want int) error {
	rows, err := tx.Query("SELECT n FROM t") // want: rows-not-closed
	if err != nil {
		return err
	}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err == nil && n == want {
			return nil
		}
	}
	return sql.ErrNoRows
}

func inTransactionClosed(tx *sql.Tx, want int) error {
	rows, err := tx.Query("SELECT n FROM t")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err == nil && n == want {
			return nil
		}
	}
	return sql.ErrNoRows
}

func withDeadline(parent context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, time.Second) // want: cancel-not-called
	if err := work(ctx); err != nil {
		return err
	}
	cancel()
	return nil
}

func withDeadlineDeferred(parent context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, time.Second)
	defer cancel()
	return work(ctx)
}

func inLoop(parent context.Context, urls []string) {
	for _, u := range urls {
		ctx, cancel := context.WithCancel(parent) // want: cancel-not-called
		req, err := http.NewRequestWithContext(ctx, "GET", u, nil)
		if err != nil {
			continue
		}
		_ = req
		cancel()
	}
}

func inLoopCancelled(parent context.Context, urls []string) {
	for _, u := range urls {
		ctx, cancel := context.WithCancel(parent)
		req, err := http.NewRequestWithContext(ctx, "GET", u, nil)
		if err != nil {
			cancel()
			continue
		}
		_ = req
		cancel()
	}
}

// The handler answers after a second, whether or not the query does.
func handle(w http.ResponseWriter, r *http.Request) {
	answer := make(chan string)
	go func() {
		answer <- query(r.URL.Path) // want: send-no-receiver
	}()
	select {
	case a := <-answer:
		fmt.Fprintln(w, a)
	case <-time.After(time.Second):
		http.Error(w, "timeout", http.StatusGatewayTimeout)
	}
}

func handleBuffered(w http.ResponseWriter, r *http.Request) {
	answer := make(chan string, 1)
	go func() {
		answer <- query(r.URL.Path)
	}()
	select {
	case a := <-answer:
		fmt.Fprintln(w, a)
	case <-time.After(time.Second):
		http.Error(w, "timeout", http.StatusGatewayTimeout)
	}
}

func query(path string) string { return path }

// The client goes away while the result is computed.
func handleGone(w http.ResponseWriter, r *http.Request) {
	done, failed := make(chan []byte), make(chan error)
	go func() {
		b, err := json.Marshal(r.URL)
		if err != nil {
			failed <- err // want: send-no-receiver
			return
		}
		done <- b // want: send-no-receiver
	}()
	select {
	case b := <-done:
		w.Write(b)
	case err := <-failed:
		http.Error(w, err.Error(), 500)
	case <-r.Context().Done():
	}
}

func handleStays(w http.ResponseWriter, r *http.Request) {
	done, failed := make(chan []byte), make(chan error)
	go func() {
		b, err := json.Marshal(r.URL)
		if err != nil {
			select {
			case failed <- err:
			case <-r.Context().Done():
			}
			return
		}
		select {
		case done <- b:
		case <-r.Context().Done():
		}
	}()
	select {
	case b := <-done:
		w.Write(b)
	case err := <-failed:
		http.Error(w, err.Error(), 500)
	case <-r.Context().Done():
	}
}

func serve(s *http.Server, stop <-chan struct{}) error {
	failed := make(chan error)
	go func() {
		failed <- s.ListenAndServe() // want: send-no-receiver
	}()
	select {
	case err := <-failed:
		return err
	case <-stop:
		return s.Close()
	}
}

func serveBuffered(s *http.Server, stop <-chan struct{}) error {
	failed := make(chan error, 1)
	go func() {
		failed <- s.ListenAndServe()
	}()
	select {
	case err := <-failed:
		return err
	case <-stop:
		return s.Close()
	}
}

// Two servers, of which the first failure ends the process' work.
func serveTwo(a, b *http.Server) error {
	errs := make(chan error)
	go func() { errs <- a.ListenAndServe() }() // want: send-no-receiver
	go func() { errs <- b.ListenAndServe() }() // want: send-no-receiver
	return <-errs
}

func serveTwoBuffered(a, b *http.Server) error {
	errs := make(chan error, 2)
	go func() { errs <- a.ListenAndServe() }()
	go func() { errs <- b.ListenAndServe() }()
	return <-errs
}

type session struct {
	mu     sync.Mutex
	closed bool
	data   map[string]string
}

func (s *session) set(k, v string) error {
	s.mu.Lock() // want: lock-not-released
	if s.closed {
		return io.ErrClosedPipe
	}
	s.data[k] = v
	s.mu.Unlock()
	return nil
}

func (s *session) setDeferred(k, v string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return io.ErrClosedPipe
	}
	s.data[k] = v
	return nil
}

func (s *session) len() int {
	s.mu.Lock() // want: lock-twice
	defer s.mu.Unlock()
	return len(s.data)
}

func (s *session) report() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.len())
}

func (s *session) reportLocked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(len(s.data))
}

type server struct {
	quit chan struct{}
	jobs chan func()
	wg   sync.WaitGroup
}

func (s *server) loop() {
	defer s.wg.Done()
	for {
		select { // want: select-no-exit
		case f := <-s.jobs:
			f()
		case <-s.quit:
			return
		}
	}
}

func startServer() *server {
	s := &server{quit: make(chan struct{}), jobs: make(chan func())}
	s.wg.Add(1)
	go s.loop()
	return s
}

func (s *server) stop() {
	close(s.quit)
	s.wg.Wait()
}

func runOnce(f func()) {
	s := startServer()
	s.jobs <- f
}

func runOnceStopped(f func()) {
	s := startServer()
	defer s.stop()
	s.jobs <- f
}

// Wait before the signal to stop.
func stopsTooLate() {
	s := startServer2()
	s.wg.Wait() // want: waitgroup-not-done
	close(s.quit)
}

type server2 struct {
	quit chan struct{}
	wg   sync.WaitGroup
}

func startServer2() *server2 {
	s := &server2{quit: make(chan struct{})}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		<-s.quit // want: receive-no-sender
	}()
	return s
}

func startServer3() *server2 {
	s := &server2{quit: make(chan struct{})}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		<-s.quit
	}()
	return s
}

func stopsInTime() {
	s := startServer3()
	close(s.quit)
	s.wg.Wait()
}
