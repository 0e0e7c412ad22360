//go:build amd64 && !purego

package srtp

import "golang.org/x/sys/cpu"

// detect finds out what the processor and the system can do.
func detect() hardware {
	x := &cpu.X86
	aes := x.HasAES && x.HasSSSE3 && x.HasSSE41
	avx512 := x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasBMI2
	vaes := aes && avx512 && x.HasAVX512VAES
	return hardware{
		aes:   aes,
		vaes:  vaes,
		sha:   x.HasSSSE3 && x.HasSSE41 && hasSHA(),
		lanes: avx512,
		gcm:   vaes && x.HasAVX512VPCLMULQDQ,
	}
}

// hasSHA asks for the SHA extensions, which package cpu does not know.
func hasSHA() bool
