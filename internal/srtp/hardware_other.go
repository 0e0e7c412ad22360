//go:build !amd64 || purego

package srtp

func detect() hardware { return hardware{} }
