package main

import "testing"

func TestAddress(t *testing.T) {
	cases := []struct {
		scheme, listen, host string
		port                 int
		want                 string
	}{
		{"http", ":8080", "localhost", 8080, "http://localhost:8080"},
		{"http", "0.0.0.0:8080", "localhost", 8080, "http://localhost:8080"},
		{"http", "[::]:0", "localhost", 40000, "http://localhost:40000"},
		{"http", "127.0.0.1:80", "localhost", 80, "http://127.0.0.1"},
		{"https", ":443", "192.0.2.7", 443, "https://192.0.2.7"},
		{"https", ":443", "2001:db8::7", 443, "https://[2001:db8::7]"},
		{"https", "meet.example.org:8443", "192.0.2.7", 8443, "https://meet.example.org:8443"},
		{"https", ":8443", "2001:db8::7", 8443, "https://[2001:db8::7]:8443"},
	}
	for _, c := range cases {
		if got := address(c.scheme, c.listen, c.host, c.port); got != c.want {
			t.Errorf("address(%q, %q, %q, %d) = %q, want %q", c.scheme, c.listen, c.host, c.port, got, c.want)
		}
	}
}
